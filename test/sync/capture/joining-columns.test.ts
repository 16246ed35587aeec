import { expect, test } from 'vitest';
import type { Position } from '../../../src/kernel/position.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { differences, reconcile } from '../reconcile/reconcile-support.ts';

async function mirrorOid({ target }: SyncSetup): Promise<unknown> {
  return (await target.raw(`SELECT 'mirror_summary_v1.orders'::regclass::oid AS oid`)).rows;
}

const odd = String.raw`a "b" {c}, \d\ 'e' ?f NULL`;

test('a column with a default joins the mirror with that value and without a copy, and reads stay where they are', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 50);
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({ onPosition: (_name, position) => told.push(position) });
  await caughtUp(capture);
  const before = await mirrorOid(setup);
  told.length = 0;
  await setup.legacy.transaction(async (tx) => {
    await tx.raw(`UPDATE orders SET note = 'just before' WHERE id = 1`);
    const columns = [
      `ADD said text NOT NULL DEFAULT E'${odd
        .replaceAll('\\', String.raw`\\`)
        .replaceAll("'", String.raw`\'`)
        .replaceAll('?', String.raw`\?`)}'`,
      `ADD since timestamptz DEFAULT '2024-02-29 12:34:56.789012+02'`,
      `ADD state mood DEFAULT 'busy'`,
      `ADD doc jsonb DEFAULT '{"n": 12345678901234567890, "s": "\\\\"}'`,
      `ADD tags text[] DEFAULT '{"a,b",NULL,"c\\"d"}'`,
      `ADD digits numeric(30,10) DEFAULT 12345678901234567890.5`,
      `ADD raw bytea DEFAULT '\\xdeadbeef'`,
      `ADD padded char(5) DEFAULT 'x'`,
      `ADD flag boolean DEFAULT true`,
      `ADD nothing text DEFAULT ''`,
    ];
    await tx.raw(`ALTER TABLE orders ${columns.join(', ')}`);
    await tx.raw(`ALTER TABLE orders ALTER said SET DEFAULT 'later'`);
    await tx.raw(`UPDATE orders SET said = 'just after' WHERE id = 2`);
    await tx.raw('INSERT INTO orders (id, customer_id) VALUES (900, 1)');
  });
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(await mirrorOid(setup)).toEqual(before);
  expect(told).not.toContain(undefined);
  const said = await setup.target('mirror_summary_v1.orders').whereIn('id', [1, 2, 3, 900]).orderBy('id').pluck('said');
  expect(said).toEqual([odd, 'just after', odd, 'later']);
  expect(differences(await reconcile(capture))).toEqual({});
});

test('rows from before a column came, which are applied after it was noticed, have its value', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const first = setup.startCapture();
  await caughtUp(first);
  await first.stop();
  await setup.legacy.raw(`UPDATE orders SET note = 'before' WHERE id < 5`);
  await setup.legacy.raw(`INSERT INTO orders (id, customer_id) VALUES (901, 1)`);
  await setup.legacy.raw(`ALTER TABLE orders ADD channel text NOT NULL DEFAULT 'web'`);
  await setup.legacy.raw(`UPDATE orders SET channel = 'phone' WHERE id = 7`);
  const second = setup.startCapture();
  await caughtUp(second);
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(differences(await reconcile(second))).toEqual({});
});
