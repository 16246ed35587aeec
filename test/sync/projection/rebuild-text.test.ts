import { expect, test } from 'vitest';
import { defineReadModel, type ReadModelDefinition } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';

const kinds: Readonly<Record<string, string>> = {
  padded: 'char(8)',
  address: 'inet',
  network: 'cidr',
  flag: 'boolean',
  letter: '"char"',
  name: 'name',
  bytes: 'bytea',
  moment: 'timestamptz',
  span: 'interval',
  number: 'double precision',
  list: 'boolean[]',
  addresses: 'inet[]',
};
const names = Object.keys(kinds);

/** Every value goes into a column of type text, so it is stored as it was printed. */
function asTexts(name: string, build: ReadModelDefinition['build']): ReadModelDefinition {
  return defineReadModel({
    name,
    version: 1,
    key: 'id',
    table: (t) => {
      t.integer('id').primary();
      for (const column of names) t.text(column);
    },
    sources: { kinds: { key: 'id', dirty: (row) => [String(row.id)] } },
    build,
  });
}

const query: ReadModelDefinition['build'] = (keys, mirror) =>
  mirror('kinds')
    .whereIn('id', [...keys])
    .select('id', ...names);

const models = [asTexts('inside', query), asTexts('travelled', async (...asked) => [...(await query(...asked))])];

async function caughtUp(capture: Capture): Promise<void> {
  for (const { name } of models) {
    await until(`${name} is ready`, () => capture.progressOf(name).state === 'ready');
    const position = await capture.source.read();
    capture.source.nudge();
    expect(await capture.applied(name)!.waitFor(position, 20_000)).toBe(true);
  }
}

test('what is built inside the database is what would be stored if it had travelled, and reconciliation agrees', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(
    `CREATE TABLE kinds (id int PRIMARY KEY, ${names.map((name) => `"${name}" ${kinds[name]}`).join(', ')})`,
  );
  const row = `'ab', '10.0.0.1', '10.0.0.0/8', true, 'x', 'n', '\\\\x00ff', '2024-02-29 12:34:56.789+02', '1 day 2 hours', 0.1, '{t,f}', '{10.0.0.1,::1}'`;
  await legacy.raw(`INSERT INTO kinds VALUES (1, ${row}); INSERT INTO kinds (id) VALUES (2)`);
  const capture = setup.startCapture({ readModels: models });
  await caughtUp(capture);
  await legacy.raw(
    `INSERT INTO kinds VALUES (3, ${row}); UPDATE kinds SET padded = 'c ', address = '::2/64' WHERE id = 1`,
  );
  await caughtUp(capture);
  const rowsOf = async (name: string): Promise<unknown> =>
    (await target.raw(`SELECT * FROM rm_${name}_v1.${name} ORDER BY id`)).rows;
  expect(await rowsOf('inside')).toEqual(await rowsOf('travelled'));
  expect(await rowsOf('inside')).toMatchObject([{ id: 1 }, { id: 2, address: null }, { id: 3, address: '10.0.0.1' }]);
  for (const { name } of models) {
    const { signal } = new AbortController();
    const order = { repair: false, maxLoad: 1, onProgress: () => undefined, signal };
    expect(await capture.reconcile(name, order)).toMatchObject({ state: 'clean' });
  }
});
