/** One request to the shop. Sent twice to a quiet shop it gets the same answer, once `normalise` has been applied. */
export interface EndpointRequest {
  readonly name: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * How the answer arrives: whole, in chunks, as a WebSocket (send `ping`, receive `pong`), or as an event stream that
   * never ends (read until `sseGreeting`).
   */
  readonly kind: 'buffered' | 'stream' | 'websocket' | 'sse';
  /** The status that is expected. */
  readonly status: number;
  /** Blanks what differs from call to call: the clock field, the view counter, the id and times of a new row. */
  readonly normalise?: (body: string) => string;
  /** Response headers, in lower case, that follow from such a field and so differ too. `date` always differs. */
  readonly varyingHeaders?: readonly string[];
}

/** What every event stream of the shop starts with. */
export const sseGreeting = 'retry: 2000\n\n: welcome\n\n';

// The sessions and orders that the shop's seed always makes: see legacy/seed.ts and legacy/seed/rows.ts.
const staff = { cookie: 'shop_session=demo-staff-session' };
const customer = { cookie: 'shop_session=demo-customer-session' };
const json = { 'content-type': 'application/json' };
const [draft, placed, paid, shipped, cancelled] = [1, 2, 3, 4, 5];
const someoneElses = 20;
const missing = 999_999_999;

const noClock = (body: string): string => body.replace(/"generated_at":"[^"]*"/, '"generated_at":""');
const noViews = (body: string): string => body.replace(/"views":\d+/, '"views":0');
const noRowOfItsOwn = (body: string): string =>
  body
    .replaceAll(/"(placed_at|updated_at|created_at)":"[^"]*"/g, '"$1":""')
    .replaceAll(/"(id|number)":("SO-)?\d+"?/g, '"$1":0');

const list = { normalise: noClock, varyingHeaders: ['etag'], kind: 'buffered', status: 200 } as const;

/** At least one request for every kind of answer that the shop gives. */
export const everyEndpoint: readonly EndpointRequest[] = [
  { name: 'order list', method: 'GET', path: '/api/orders', ...list },
  {
    name: 'order list, filtered and sorted',
    method: 'GET',
    path: '/api/orders?status=paid&status=placed&currency=EUR&q=ro&sort=-total&per_page=7&page=2',
    ...list,
  },
  { name: 'order list of a customer', method: 'GET', path: '/api/orders?customer_id=1&sort=id', ...list },
  { name: 'order list, no such filter', method: 'GET', path: '/api/orders?status=lost', kind: 'buffered', status: 400 },
  { name: 'order list, HEAD', method: 'HEAD', path: '/api/orders?per_page=3', ...list },
  { name: 'order list, OPTIONS', method: 'OPTIONS', path: '/api/orders', kind: 'buffered', status: 200 },
  { name: 'order', method: 'GET', path: `/api/orders/${shipped}`, kind: 'buffered', status: 200 },
  {
    name: 'order, not modified',
    method: 'GET',
    path: `/api/orders/${shipped}`,
    headers: { 'if-none-match': '*' },
    kind: 'buffered',
    status: 304,
  },
  { name: 'order, HEAD', method: 'HEAD', path: `/api/orders/${shipped}`, kind: 'buffered', status: 200 },
  { name: 'order, absent', method: 'GET', path: `/api/orders/${missing}`, kind: 'buffered', status: 404 },
  { name: 'order, no id', method: 'GET', path: '/api/orders/abc', kind: 'buffered', status: 400 },
  { name: 'order, undecodable', method: 'GET', path: '/api/orders/%E0%A4%A', kind: 'buffered', status: 400 },
  {
    name: 'create order',
    method: 'POST',
    path: '/api/orders',
    headers: { ...customer, ...json },
    body: JSON.stringify({ items: [{ product_id: 2, quantity: 1 }], note: 'every endpoint', draft: true }),
    kind: 'buffered',
    status: 201,
    normalise: noRowOfItsOwn,
    varyingHeaders: ['etag', 'location', 'content-length'],
  },
  {
    name: 'create order, invalid',
    method: 'POST',
    path: '/api/orders',
    headers: { ...customer, ...json },
    body: JSON.stringify({ currency: 'DOGE', items: [{ product_id: 'x', quantity: 0 }] }),
    kind: 'buffered',
    status: 422,
  },
  {
    name: 'create order, body is no JSON',
    method: 'POST',
    path: '/api/orders',
    headers: { ...customer, ...json },
    body: '{"items":',
    kind: 'buffered',
    status: 400,
  },
  {
    name: 'create order, not logged in',
    method: 'POST',
    path: '/api/orders',
    headers: json,
    body: '{}',
    kind: 'buffered',
    status: 401,
  },
  {
    name: 'update order',
    method: 'PATCH',
    path: `/api/orders/${placed}`,
    headers: { ...customer, ...json },
    body: JSON.stringify({ note: 'Grüße — 注文', shipping_address: null }),
    kind: 'buffered',
    status: 200,
    normalise: noRowOfItsOwn,
    varyingHeaders: ['etag'],
  },
  {
    name: 'update order, invalid',
    method: 'PATCH',
    path: `/api/orders/${placed}`,
    headers: { ...customer, ...json },
    body: JSON.stringify({ items: [{ id: 1, quantity: -1 }] }),
    kind: 'buffered',
    status: 422,
  },
  {
    name: 'update order, closed',
    method: 'PATCH',
    path: `/api/orders/${shipped}`,
    headers: { ...staff, ...json },
    body: JSON.stringify({ note: 'too late' }),
    kind: 'buffered',
    status: 409,
  },
  {
    name: 'cancel order, shipped',
    method: 'POST',
    path: `/api/orders/${shipped}/cancel`,
    headers: customer,
    kind: 'buffered',
    status: 409,
  },
  {
    name: "cancel order, someone else's",
    method: 'POST',
    path: `/api/orders/${someoneElses}/cancel`,
    headers: customer,
    kind: 'buffered',
    status: 403,
  },
  {
    name: 'cancel order, not logged in',
    method: 'POST',
    path: `/api/orders/${placed}/cancel`,
    kind: 'buffered',
    status: 401,
  },
  {
    name: 'pay order, twice',
    method: 'POST',
    path: `/api/orders/${paid}/payments`,
    headers: { ...customer, ...json },
    body: '{"amount":1}',
    kind: 'buffered',
    status: 409,
  },
  {
    name: 'ship order, not staff',
    method: 'POST',
    path: `/api/orders/${paid}/ship`,
    headers: customer,
    kind: 'buffered',
    status: 403,
  },
  {
    name: 'delete order, not staff',
    method: 'DELETE',
    path: `/api/orders/${draft}`,
    headers: customer,
    kind: 'buffered',
    status: 403,
  },
  {
    name: 'delete order, open, with a body',
    method: 'DELETE',
    path: `/api/orders/${paid}`,
    headers: { ...staff, ...json },
    body: '{"reason":"duplicate"}',
    kind: 'buffered',
    status: 409,
  },
  {
    name: 'delete order, absent',
    method: 'DELETE',
    path: `/api/orders/${missing}`,
    headers: staff,
    kind: 'buffered',
    status: 404,
  },
  {
    name: 'customer',
    method: 'GET',
    path: '/api/customers/1',
    kind: 'buffered',
    status: 200,
    normalise: noOrderCount,
    varyingHeaders: ['etag'],
  },
  { name: 'customer, absent', method: 'GET', path: `/api/customers/${missing}`, kind: 'buffered', status: 404 },
  {
    name: 'product list',
    method: 'GET',
    path: '/api/products?category=office&q=a&per_page=5',
    kind: 'buffered',
    status: 200,
  },
  {
    name: 'product, which counts a view',
    method: 'GET',
    path: '/api/products/7',
    kind: 'buffered',
    status: 200,
    normalise: noViews,
    varyingHeaders: ['etag', 'content-length'],
  },
  {
    name: 'log in',
    method: 'POST',
    path: '/login',
    headers: json,
    body: '{"customer_id":1}',
    kind: 'buffered',
    status: 200,
    varyingHeaders: ['set-cookie'],
  },
  {
    name: 'log in by form',
    method: 'POST',
    path: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'email=customer1%40example.com',
    kind: 'buffered',
    status: 303,
    varyingHeaders: ['set-cookie'],
  },
  {
    name: 'log in, unknown',
    method: 'POST',
    path: '/login',
    headers: json,
    body: '{"email":"nobody@example.com"}',
    kind: 'buffered',
    status: 401,
  },
  { name: 'log out without a session', method: 'POST', path: '/logout', kind: 'buffered', status: 204 },
  { name: 'me', method: 'GET', path: '/api/me', headers: customer, kind: 'buffered', status: 200 },
  { name: 'me, not logged in', method: 'GET', path: '/api/me', kind: 'buffered', status: 401 },
  { name: 'stats, not staff', method: 'GET', path: '/api/stats', headers: customer, kind: 'buffered', status: 403 },
  { name: 'home page', method: 'GET', path: '/', kind: 'buffered', status: 200 },
  { name: 'order page', method: 'GET', path: `/orders/${cancelled}`, kind: 'buffered', status: 200 },
  { name: 'order page, absent', method: 'GET', path: `/orders/${missing}`, kind: 'buffered', status: 404 },
  { name: 'product page', method: 'GET', path: '/products?category=kitchen', kind: 'buffered', status: 200 },
  { name: 'style sheet', method: 'GET', path: '/assets/shop.css', kind: 'buffered', status: 200 },
  { name: 'redirect', method: 'GET', path: `/o/${shipped}`, kind: 'buffered', status: 302 },
  { name: 'no such page', method: 'GET', path: '/nowhere?a=%20b', kind: 'buffered', status: 404 },
  {
    name: 'no such method',
    method: 'PUT',
    path: `/api/orders/${placed}`,
    headers: json,
    body: '{}',
    kind: 'buffered',
    status: 404,
  },
  { name: 'CSV download', method: 'GET', path: '/export/orders.csv?limit=120', kind: 'stream', status: 200 },
  {
    name: 'CSV download, compressed',
    method: 'GET',
    path: '/export/orders.csv?limit=120',
    headers: { 'accept-encoding': 'gzip' },
    kind: 'stream',
    status: 200,
  },
  { name: 'event feed', method: 'GET', path: '/events/orders', kind: 'sse', status: 200 },
  { name: 'WebSocket', method: 'GET', path: '/ws/orders', kind: 'websocket', status: 101 },
];

/** Creating orders, which other requests of this list do, raises the count. */
function noOrderCount(body: string): string {
  return body.replace(/"order_count":\d+/, '"order_count":0');
}
