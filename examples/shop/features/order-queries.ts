import { reply, type QueryHandler } from 'strangler-fig';
import { orderDetail, orderListItem, type OrderSummary } from './order-views.ts';

const statuses = ['draft', 'placed', 'paid', 'shipped', 'cancelled', 'refunded'];
const currencies = ['EUR', 'USD', 'GBP', 'JPY'];
const sortColumns = new Map([
  ['placed_at', 'placed_at'],
  ['total', 'total'],
  ['id', 'order_id'],
]);
const listColumns = [
  'order_id',
  'status',
  'currency',
  'customer_id',
  'customer_name',
  'item_count',
  'total',
  'paid',
  'placed_at',
];

/** GET /api/orders/:id */
export const orderById: QueryHandler = async ({ params, db }) => {
  const id = params['id'] ?? '';
  if (!/^\d{1,18}$/.test(id)) return reply(400, { error: 'id must be an integer', id });
  const order: OrderSummary | undefined = await db('order_summary').where({ order_id: id }).first();
  return order ? orderDetail(order) : reply(404, { error: 'order not found', id: Number(id) });
};

/** GET /api/orders: filters, then a sort order, then one page of it. */
export const orderList: QueryHandler = async ({ query, search, db }) => {
  const orders = db('order_summary');
  const wanted = search.getAll('status');
  for (const status of wanted) {
    if (!statuses.includes(status)) return reply(400, { error: 'unknown status', status, allowed: statuses });
  }
  if (wanted.length > 0) void orders.whereIn('status', wanted);
  const { currency, customer_id: customerId, q, sort = '-placed_at' } = query;
  if (currency !== undefined) {
    if (!currencies.includes(currency)) {
      return reply(400, { error: 'unknown currency', currency, allowed: currencies });
    }
    void orders.where({ currency });
  }
  if (customerId !== undefined) {
    if (!/^\d{1,18}$/.test(customerId)) {
      return reply(400, { error: 'customer_id must be an integer', customer_id: customerId });
    }
    void orders.where({ customer_id: customerId });
  }
  if (q) void orders.whereILike('customer_name', `%${q}%`);
  const column = sortColumns.get(sort.replace(/^-/, ''));
  if (column === undefined) return reply(400, { error: 'unknown sort', sort, allowed: [...sortColumns.keys()] });
  const order = sort.startsWith('-') ? 'desc' : 'asc';

  const page = Math.min(Math.max(parseInt(query['page'] ?? '', 10) || 1, 1), 100_000);
  const perPage = Math.min(Math.max(parseInt(query['per_page'] ?? '', 10) || 20, 1), 100);
  const [counted] = await orders.clone().count({ count: '*' });
  const rows: OrderSummary[] = await orders
    .clone()
    .select(listColumns)
    .orderBy([
      { column, order },
      { column: 'order_id', order },
    ])
    .limit(perPage)
    .offset((page - 1) * perPage);
  return {
    items: rows.map(orderListItem),
    page,
    per_page: perPage,
    total_count: Number(counted?.['count']),
    generated_at: new Date(),
  };
};
