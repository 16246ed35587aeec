const tables = `
  CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
  CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, note text, amount numeric(12,2) NOT NULL,
    status text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE items (order_id bigint NOT NULL, line int NOT NULL, price numeric(12,2) NOT NULL, PRIMARY KEY (order_id, line));
  CREATE TABLE probes (id bigint PRIMARY KEY);`;

/** The index that our mirror has too, so that native and ours write the same indexes. */
const indexes = 'CREATE INDEX ON orders (customer_id);';

/**
 * Writes of a shop in small transactions, run inside the server so that a backlog is made quickly. `single` touches orders
 * only: a third inserts, half updates, the rest deletes. `joined` writes orders with items and now and then a customer.
 */
const writers = `
  CREATE SEQUENCE new_order START 100000001;
  CREATE PROCEDURE write_single(changes int, known int, per_transaction int) LANGUAGE plpgsql AS $$
  DECLARE kind int; id_ bigint;
  BEGIN
    FOR n IN 1..changes LOOP
      kind := n % 20;
      IF kind < 7 THEN
        INSERT INTO orders VALUES (nextval('new_order'), 1 + n % 1000, 'a new order, number ' || n, n % 900, 'open', clock_timestamp());
      ELSIF kind < 17 THEN
        UPDATE orders SET status = 'paid ' || n, amount = amount + 1, updated_at = clock_timestamp() WHERE id = 1 + (n * 7919::bigint) % known;
      ELSE
        id_ := currval('new_order') - kind % 3; -- A volatile function in WHERE would scan the table.
        DELETE FROM orders WHERE id = id_;
      END IF;
      IF n % per_transaction = 0 THEN COMMIT; END IF;
    END LOOP;
  END $$;
  CREATE PROCEDURE write_joined(changes int, known int, per_transaction int) LANGUAGE plpgsql AS $$
  DECLARE kind int; id_ bigint;
  BEGIN
    FOR n IN 1..changes LOOP
      kind := n % 20; id_ := 1 + (n * 7919::bigint) % known;
      IF n % 5000 = 13 THEN
        UPDATE customers SET name = 'renamed ' || n WHERE id = 1 + n % 1000;
      ELSIF kind = 0 THEN
        INSERT INTO orders VALUES (nextval('new_order'), 1 + n % 1000, 'a new order, number ' || n, n % 900, 'open', clock_timestamp());
      ELSIF kind < 4 THEN
        INSERT INTO items VALUES (currval('new_order'), kind, n % 90);
      ELSIF kind < 12 THEN
        UPDATE orders SET status = 'paid ' || n, amount = amount + 1, updated_at = clock_timestamp() WHERE id = id_;
      ELSE
        UPDATE items SET price = price + 0.01 WHERE order_id = id_ AND line = 1 + n % 3;
      END IF;
      IF n % per_transaction = 0 THEN COMMIT; END IF;
    END LOOP;
  END $$;`;

/** Makes the tables in all three databases. */
export async function createTables(server) {
  await server.legacy.query(tables);
  await server.legacy.query(writers);
  await server.native.query(`${tables} ${indexes}`);
  // A procedure that commits runs its sequence in its own session.
  await server.legacy.query(`SELECT nextval('new_order')`);
}

/** Fills legacy: `rows` orders with three items each when asked for. */
export async function seed(server, rows, { items }) {
  await server.legacy.query('TRUNCATE customers, orders, items, probes');
  await server.legacy.query(`INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 1000) n`);
  await server.legacy.query(
    `INSERT INTO orders SELECT n, 1 + n % 1000, 'the note of order ' || n, n % 1000, 'open', now() FROM generate_series(1, ${rows}) n`,
  );
  if (items) {
    await server.legacy.query(
      `INSERT INTO items SELECT n, line, line * 1.25 FROM generate_series(1, ${rows}) n, generate_series(1, 3) line`,
    );
  }
  await server.legacy.query('VACUUM ANALYZE');
}
