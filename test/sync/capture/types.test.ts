import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { migrateStore } from '../../../src/store/control-store.ts';
import { Capture } from '../../../src/sync/capture/capture.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { sessionOptions, textTypes } from '../../../src/sync/postgres/session-settings.ts';
import { runSql, serverVersions, startTestServer, type TestServer } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';
import { ownTypes, typeSamples } from './type-samples.ts';

const keySamples = typeSamples.filter(({ isKey }) => isKey);
const rounds = Math.max(...typeSamples.map(({ values }) => values.length));

const model = defineReadModel({
  name: 'types',
  version: 1,
  key: 'id',
  table: (t) => t.integer('id').primary(),
  sources: {
    kinds: { key: 'id', dirty: (row) => [String(row.id)] },
    // A key is given to `dirty` as it was sent, whether the row comes from the stream or from the mirror.
    ...Object.fromEntries(keySamples.map(({ name }) => [`key_${name}`, { key: 'k', dirty: () => [] }])),
  },
  root: 'kinds',
  build: (keys, mirror) =>
    mirror('kinds')
      .whereIn('id', [...keys])
      .select('id'),
});

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A row of `kinds` that has the n-th value of every type; past the last of them NULL. */
function kindsRow(id: number, n: number): string {
  const values = typeSamples.map(({ values: all, type }) =>
    n < all.length ? `${literal(all[n]!)}::${type.replace(/ COLLATE .*/, '')}` : 'NULL',
  );
  return `(${[String(id), ...values].join(', ')})`;
}

const schema = [
  ownTypes,
  'CREATE TABLE kinds (id int PRIMARY KEY)',
  ...typeSamples.map(({ name, type }) => `ALTER TABLE kinds ADD COLUMN "${name}" ${type}`),
  ...keySamples.map(
    ({ name, type }) => `CREATE TABLE key_${name} (k ${type} PRIMARY KEY, n int NOT NULL, big text STORAGE EXTERNAL)`,
  ),
];
// Before PostgreSQL 16 storage cannot be declared with the column.
const plainStorage = (sql: string): string => sql.replace(' STORAGE EXTERNAL', '');

const pairs = serverVersions.map((source) => ({
  source,
  target: serverVersions.find((version) => version !== source) ?? source,
}));

describe.each(pairs)('types from PostgreSQL $source to $target', ({ source, target }) => {
  const servers: TestServer[] = [];
  let legacyUrl: string;
  let targetUrl: string;
  let capture: Capture;
  let pool: ReturnType<typeof openTarget>;

  beforeAll(async () => {
    const [legacy, store] = await Promise.all([startTestServer(source), startTestServer(target)]);
    servers.push(legacy, store);
    legacyUrl = await legacy.createDatabase('legacy');
    targetUrl = await store.createDatabase('store');
    await runSql(legacyUrl, ...schema.map(plainStorage));
    for (let n = 0; n <= rounds; n += 1) await runSql(legacyUrl, `INSERT INTO kinds VALUES ${kindsRow(n, n)}`);
    for (const { name, values } of keySamples) {
      await runSql(
        legacyUrl,
        `ALTER TABLE key_${name} ALTER COLUMN big SET STORAGE EXTERNAL`,
        `INSERT INTO key_${name} VALUES (${literal(values[0]!)}, 1, ${literal(randomBytes(5_000).toString('hex'))})`,
      );
    }
    pool = openTarget(targetUrl);
    await migrateStore(pool);
    capture = new Capture({
      url: legacyUrl,
      migration: 'types',
      target: pool,
      readModels: [model],
      log: silentLog,
      onProgress: () => undefined,
      onPosition: () => undefined,
    });
    await caughtUp();
  }, 120_000);

  afterAll(async () => {
    await capture?.stop();
    await pool?.destroy();
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  async function caughtUp(): Promise<void> {
    await until(
      'the read model is ready',
      () => {
        const progress = capture.progressOf('types');
        if (progress.state === 'ready') return true;
        throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
      },
      60_000,
    );
    const position = await capture.source.read();
    capture.source.nudge();
    await until('what was written is applied', () => {
      if ((capture.applied('types')!.current() ?? 0n) >= position) return true;
      throw new Error(capture.status().error ?? 'not yet');
    });
  }

  async function expectEqual(table: string, order: string): Promise<void> {
    const [theirs, ours] = await Promise.all([
      texts(legacyUrl, `SELECT * FROM ${table} ORDER BY ${order}`),
      texts(targetUrl, `SELECT * FROM mirror_types_v1.${table} ORDER BY ${order}`),
    ]);
    expect(ours, table).toEqual(theirs);
  }

  it('values that were copied have the source’s text', async () => {
    await expectEqual('kinds', 'id');
  });

  it('values that were inserted while streaming have it, too', async () => {
    for (let n = 0; n <= rounds; n += 1) await runSql(legacyUrl, `INSERT INTO kinds VALUES ${kindsRow(100 + n, n)}`);
    await caughtUp();
    await expectEqual('kinds', 'id');
  });

  it('values that were updated while streaming have it, too, to and from NULL', async () => {
    const columns = typeSamples.map(({ name }) => `"${name}"`).join(', ');
    await runSql(
      legacyUrl,
      `INSERT INTO kinds SELECT 200 + n FROM generate_series(0, ${rounds}) n`,
      `UPDATE kinds t SET (${columns}) = (SELECT ${columns} FROM kinds s WHERE s.id = t.id - 200) WHERE id >= 200`,
      `UPDATE kinds t SET (${columns}) = (SELECT ${columns} FROM kinds s WHERE s.id = 200) WHERE id BETWEEN 100 AND 102`,
    );
    await caughtUp();
    await expectEqual('kinds', 'id');
  });

  it(
    'keys of every type that can be one are found again: copied, inserted, updated, changed, deleted',
    { timeout: 120_000 },
    async () => {
      for (const { name, values } of keySamples) {
        const [first, ...more] = values;
        for (const value of more)
          await runSql(legacyUrl, `INSERT INTO key_${name} VALUES (${literal(value)}, 2, 'small')`);
        // The large value is not sent again, so it must be found by the key.
        await runSql(legacyUrl, `UPDATE key_${name} SET n = n + 10`);
        const last = more.at(-1);
        if (last !== undefined) {
          await runSql(
            legacyUrl,
            `DELETE FROM key_${name} WHERE n = (SELECT max(n) FROM key_${name}) AND k::text = (${literal(last)}::text)`,
            `BEGIN; UPDATE key_${name} SET n = 99 WHERE n = 11; DELETE FROM key_${name} WHERE n <> 99; UPDATE key_${name} SET k = ${literal(last)}; COMMIT`,
            `UPDATE key_${name} SET k = ${literal(first!)}`,
            `INSERT INTO key_${name} VALUES (${literal(last)}, 3, NULL)`,
          );
        }
      }
      await caughtUp();
      for (const { name } of keySamples) await expectEqual(`key_${name}`, 'n');
    },
  );
});

/** Rows as a session with our printing settings sees them, every value as PostgreSQL prints it. */
async function texts(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url, options: sessionOptions(), types: textTypes });
  await client.connect();
  try {
    return (await client.query(sql)).rows as readonly unknown[];
  } finally {
    await client.end();
  }
}
