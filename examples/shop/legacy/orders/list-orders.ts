import type { Knex } from 'knex';
import { HttpError } from '../http/http-error.ts';
import { idFrom, many, one, pageFrom } from '../http/params.ts';
import { formatMoney, toCents } from './money.ts';
import { currencies, orderStatuses, type OrderStatus } from './order-rows.ts';
import { orderNumber, statusLabel } from './order-totals.ts';

// orderTotals in order-totals.ts says the same: change both.
const subtotalSql = `(SELECT coalesce(sum(i.quantity * i.unit_price) FILTER (WHERE i.cancelled_at IS NULL), 0)
  FROM order_items i WHERE i.order_id = o.id)`;
const totalSql = `(SELECT s.amount - round(s.amount * o.discount_percent / 100, CASE o.currency WHEN 'JPY' THEN 0 ELSE 2 END)
  + o.shipping_fee FROM ${subtotalSql} AS s(amount))`;
const paidSql = `(SELECT coalesce(sum(CASE p.kind WHEN 'refund' THEN -p.amount ELSE p.amount END), 0)
  FROM payments p WHERE p.order_id = o.id AND p.state = 'captured')`;
const countSql = '(SELECT coalesce(sum(i.quantity), 0) FROM order_items i WHERE i.order_id = o.id)';

const sortColumns = new Map([
  ['placed_at', 'o.placed_at'],
  ['total', totalSql],
  ['id', 'o.id'],
]);

interface ListRow {
  readonly id: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly customer_id: string;
  readonly customer_name: string;
  readonly item_count: string;
  readonly total: string;
  readonly paid: string;
  readonly placed_at: Date;
}

/** One page of orders. Answers 400 on a filter or a sort order that does not exist. */
export async function listOrders(
  knex: Knex,
  query: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const { page, perPage } = pageFrom(query);
  const orders = filtered(knex, query);
  const [counted] = await orders.clone().count({ count: '*' });
  const rows: ListRow[] = await orders
    .clone()
    .select('o.id', 'o.status', 'o.currency', 'o.customer_id', { customer_name: 'c.name' }, 'o.placed_at')
    .select({ item_count: knex.raw(countSql), total: knex.raw(totalSql), paid: knex.raw(paidSql) })
    .orderByRaw(orderBy(one(query['sort'])))
    .limit(perPage)
    .offset((page - 1) * perPage);
  return {
    items: rows.map((row) => ({
      id: Number(row.id),
      number: orderNumber(row.id),
      status: row.status,
      status_label: statusLabel(row.status, Number(row.paid)),
      currency: row.currency,
      customer: { id: Number(row.customer_id), name: row.customer_name },
      item_count: Number(row.item_count),
      total: formatMoney(toCents(row.total), row.currency),
      paid: formatMoney(toCents(row.paid), row.currency),
      placed_at: row.placed_at,
    })),
    page,
    per_page: perPage,
    total_count: Number(counted!['count']),
    generated_at: new Date(),
  };
}

function filtered(knex: Knex, query: Readonly<Record<string, unknown>>): Knex.QueryBuilder {
  const orders = knex('orders as o').join('customers as c', 'c.id', 'o.customer_id');
  const statuses = many(query['status']);
  for (const status of statuses) mustBeOneOf('status', status, orderStatuses);
  if (statuses.length > 0) void orders.whereIn('o.status', statuses);
  const currency = one(query['currency']);
  if (currency !== undefined) void orders.where('o.currency', mustBeOneOf('currency', currency, currencies));
  const customerId = one(query['customer_id']);
  if (customerId !== undefined) void orders.where('o.customer_id', idFrom(customerId, 'customer_id'));
  const text = one(query['q']);
  if (text) void orders.whereILike('c.name', `%${text}%`);
  return orders;
}

function mustBeOneOf(name: string, value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new HttpError(400, `unknown ${name}`, { [name]: value, allowed });
  return value;
}

function orderBy(sort = '-placed_at'): string {
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const name = sort.replace(/^-/, '');
  const column = sortColumns.get(name);
  if (column === undefined) {
    throw new HttpError(400, 'unknown sort', { sort, allowed: [...sortColumns.keys()] });
  }
  return name === 'id' ? `o.id ${direction}` : `${column} ${direction}, o.id ${direction}`;
}
