import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { runSql, serverVersions, startTestServer, type TestServer } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';
import { inspect, names, SLOT, stateOf } from './inspect.ts';

const demands = [
  { table: 'public.orders', key: ['id'] },
  { table: 'sales.invoices', key: ['id'] },
];

describe.each(serverVersions)('roles, slots and transactions on PostgreSQL %i', (version) => {
  let server: TestServer;
  let url: string;
  const cleanups: string[] = [];

  beforeAll(async () => {
    server = await startTestServer(version, { max_prepared_transactions: '5' });
    url = await server.createDatabase('shop');
    await runSql(
      url,
      'CREATE SCHEMA sales; CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE sales.invoices (id int PRIMARY KEY)',
    );
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(async () => {
    await runSql(url, ...cleanups.splice(0).toReversed());
  });

  /** A role that can do nothing but log in. */
  async function makeRole(name: string, ...grants: readonly string[]): Promise<string> {
    await runSql(url, `CREATE ROLE ${name} LOGIN PASSWORD 'secret'`, ...grants);
    cleanups.push(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    const its = new URL(url);
    its.username = name;
    its.password = 'secret';
    return its.href;
  }

  it('a role without rights is told each of them, and nothing is changed', async () => {
    const its = await makeRole('bare');
    const before = await stateOf(url);
    expect(names(await inspect(its, demands))).toEqual([
      'error privilege-publication public.orders',
      'error privilege-publication role bare',
      'error privilege-publication sales.invoices',
      'error privilege-schema sales.invoices',
      'error privilege-select public.orders',
      'error privilege-select sales.invoices',
      'error role-replication role bare',
    ]);
    expect(await stateOf(url)).toEqual(before);
  });

  it('the least that a role needs is enough, be it that it owns the tables or that the publication was made for it', async () => {
    const owner = await makeRole(
      'owner_of_it',
      'ALTER ROLE owner_of_it REPLICATION',
      'GRANT CREATE ON DATABASE shop TO owner_of_it',
      'GRANT USAGE ON SCHEMA sales TO owner_of_it',
      'GRANT SELECT ON sales.invoices, orders TO owner_of_it',
      'CREATE ROLE tables_owner; GRANT CREATE, USAGE ON SCHEMA public, sales TO tables_owner; GRANT tables_owner TO owner_of_it',
      'ALTER TABLE orders OWNER TO tables_owner; ALTER TABLE sales.invoices OWNER TO tables_owner',
    );
    cleanups.push('REASSIGN OWNED BY tables_owner TO postgres; DROP OWNED BY tables_owner; DROP ROLE tables_owner');
    expect(names(await inspect(owner, demands))).toEqual([]);

    const reader = await makeRole(
      'reader_of_it',
      'ALTER ROLE reader_of_it REPLICATION',
      'GRANT USAGE ON SCHEMA sales TO reader_of_it',
      'GRANT SELECT ON orders TO reader_of_it',
      'GRANT SELECT (id) ON sales.invoices TO reader_of_it',
    );
    expect(names(await inspect(reader, demands))).not.toEqual([]);
    await runSql(url, `CREATE PUBLICATION ${SLOT} FOR TABLE orders`);
    cleanups.push(`DROP PUBLICATION ${SLOT}`);
    expect(names(await inspect(reader, demands))).toContain(`error publication-foreign publication ${SLOT}`);
    await runSql(url, `ALTER PUBLICATION ${SLOT} SET TABLE orders, sales.invoices`);
    expect(names(await inspect(reader, demands))).toEqual([]);
  });

  it('a role from which row security hides rows is refused, one that is above it is not', async () => {
    const its = await makeRole('sees_some', 'GRANT SELECT ON orders TO sees_some');
    await runSql(url, 'ALTER TABLE orders ENABLE ROW LEVEL SECURITY');
    cleanups.push('ALTER TABLE orders DISABLE ROW LEVEL SECURITY');
    expect(names(await inspect(its, demands))).toContain('error row-security public.orders');
    expect(names(await inspect(url, demands))).toEqual([]);
    await runSql(url, 'ALTER ROLE sees_some BYPASSRLS');
    expect(names(await inspect(its, demands))).not.toContain('error row-security public.orders');
  });

  it('a role that is read only by default, or may not write markers, is refused', async () => {
    const writeMarker = `pg_logical_emit_message(boolean, text, text${version >= 17 ? ', boolean' : ''})`;
    const its = await makeRole(
      'quiet',
      'ALTER ROLE quiet REPLICATION; ALTER ROLE quiet SET default_transaction_read_only = on',
      'GRANT CREATE ON DATABASE shop TO quiet',
      `REVOKE EXECUTE ON FUNCTION ${writeMarker} FROM PUBLIC`,
    );
    cleanups.push(`GRANT EXECUTE ON FUNCTION ${writeMarker} TO PUBLIC`);
    expect(names(await inspect(its))).toEqual([
      'error privilege-function role quiet',
      'error read-only-role role quiet',
    ]);
  });

  it('a slot of our name that is not ours is refused, one of ours is not', async () => {
    const make = `SELECT pg_create_logical_replication_slot('${SLOT}', `;
    const drop = `SELECT pg_drop_replication_slot('${SLOT}')`;
    for (const sql of [`${make}'test_decoding')`, `SELECT pg_create_physical_replication_slot('${SLOT}')`]) {
      await runSql(url, sql);
      expect(names(await inspect(url))).toEqual([`error slot-foreign slot ${SLOT}`]);
      await runSql(url, drop);
    }
    const elsewhere = await server.createDatabase('elsewhere');
    await runSql(elsewhere, `${make}'pgoutput')`);
    expect(names(await inspect(url))).toEqual([`error slot-foreign slot ${SLOT}`]);
    expect(names(await inspect(elsewhere))).toEqual([]);
    await runSql(elsewhere, drop);
  });

  it('open and prepared transactions, which making a slot would wait for, are named until there is a slot', async () => {
    const writer = new Client({ connectionString: url });
    await writer.connect();
    try {
      await writer.query('BEGIN; INSERT INTO orders VALUES (1)');
      const pid = (await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
      await runSql(url, `BEGIN; INSERT INTO orders VALUES (2); PREPARE TRANSACTION 'forgotten'`);
      cleanups.push(`ROLLBACK PREPARED 'forgotten'`);
      const expected = [
        `info long-transaction pid ${pid}`,
        'warning prepared-transaction prepared transaction forgotten',
      ];
      await until('both are named', async () => {
        const found = names(await inspect(url));
        if (expected.every((name) => found.includes(name))) return true;
        throw new Error(found.join('; '));
      });
    } finally {
      await writer.end();
    }
    await runSql(url, ...cleanups.splice(0));
    await runSql(url, `SELECT pg_create_logical_replication_slot('${SLOT}', 'pgoutput')`);
    cleanups.push(`SELECT pg_drop_replication_slot('${SLOT}')`);
    await runSql(url, `BEGIN; INSERT INTO orders VALUES (3); PREPARE TRANSACTION 'later'`);
    cleanups.push(`ROLLBACK PREPARED 'later'`);
    expect(names(await inspect(url))).toEqual([]);
  });
});
