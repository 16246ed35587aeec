/** A list of orders, as an API would give it; about 200 bytes a row. The same for the same arguments. */
export function orders(count, from = 0) {
  return { page: 1, total: count, rows: Array.from({ length: count }, (_, n) => order(n + from)) };
}

function order(n) {
  return {
    id: n + 1,
    number: `O-${String(100_000 + n)}`,
    status: ['open', 'paid', 'shipped', 'returned'][n % 4],
    total: ((n * 7_919) % 100_000) / 100,
    placedAt: new Date(Date.UTC(2026, 0, 1) + n * 61_000).toISOString(),
    customer: { id: (n * 31) % 997, name: `Customer ${(n * 31) % 997}`, vip: n % 17 === 0 },
    note: n % 5 === 0 ? null : `line ${n}`,
  };
}

/** As many orders as make a document of about so many bytes. */
export function ordersOf(bytes) {
  const each = (JSON.stringify(orders(100)).length - JSON.stringify(orders(0)).length) / 100;
  return orders(Math.max(1, Math.round(bytes / each)));
}

/** The same value with the keys of every object in another order. */
export function keysReordered(value) {
  if (Array.isArray(value)) return value.map(keysReordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, child]) => [key, keysReordered(child)]),
  );
}

/** The rows in another order that looks like chance and is none. */
export function rowsReordered({ rows, ...rest }) {
  const seeds = rows.map((row, n) => ({ row, at: (n * 2_654_435_761) % 4_294_967_296 }));
  return { ...rest, rows: seeds.toSorted((a, b) => a.at - b.at).map(({ row }) => row) };
}

export function oneChanged(document) {
  const at = Math.floor(document.rows.length / 2);
  return { ...document, rows: document.rows.with(at, { ...document.rows[at], status: 'lost' }) };
}
