import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import type { Change, LargeTransaction } from '../../../src/sync/change.ts';
import { unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';
import type { Projection } from '../../../src/sync/projection/projection.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { building } from '../handlers/own-projections.ts';
import { caughtUp, seedOrders, untilState } from '../poison.ts';

const letters = new DeadLetterStore();

/** Another one after every copy from legacy. */
async function mirrorId({ target }: SyncSetup): Promise<string> {
  const { rows } = await target.raw<{ rows: { id: string }[] }>(
    `SELECT 'mirror_summary_v1.orders'::regclass::oid::text AS id`,
  );
  return rows[0]!.id;
}

test('later changes of a row that the mirror refused copy nothing again, until somebody asks for it', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await seedOrders(setup, 20);
  await legacy.raw('ALTER TABLE orders ALTER COLUMN big SET STORAGE EXTERNAL');
  const capture = setup.startCapture();
  await caughtUp(capture);
  await target.raw(`ALTER TABLE mirror_summary_v1.orders ADD CHECK (note <> 'unwelcome')`);
  await legacy.raw(`INSERT INTO orders (id, customer_id, note, big)
    SELECT n, 1, 'unwelcome', to_jsonb(repeat('b', 5000)) FROM generate_series(101, 103) n`);
  await untilState(capture, 'paused');
  const id = await mirrorId(setup);
  // Their large values are not sent, and there is no row to take them from; one changes its key besides.
  await legacy.raw(`UPDATE orders SET note = 'fine' WHERE id = 101`);
  await legacy.raw('UPDATE orders SET id = 202 WHERE id = 102');
  await legacy.raw(`UPDATE orders SET note = 'all else goes on' WHERE id = 7`);
  const landed = target('mirror_summary_v1.orders').where({ id: 7, note: 'all else goes on' });
  await until('the mirror follows', async () => (await landed.clone().select('id')).length === 1);
  expect(await mirrorId(setup)).toBe(id);
  expect(capture.progressOf('summary').state).toBe('paused');
  await letters.hasten(target, { id: (await letters.list(target))[0]!.id });
  await caughtUp(capture);
  expect(await letters.list(target)).toEqual([]);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a table that is copied again for another reason takes the letters of its rows along, and the read model comes back', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await seedOrders(setup, 20);
  const capture = setup.startCapture({ times: { lookAtCatalogEveryMs: 300 } });
  await caughtUp(capture);
  await target.raw(`ALTER TABLE mirror_summary_v1.orders ADD CHECK (note <> 'unwelcome')`);
  await target.raw(`ALTER TABLE mirror_summary_v1.items ADD CHECK (price <> 666)`);
  await legacy.raw(`UPDATE orders SET note = 'unwelcome' WHERE id = 4`);
  await untilState(capture, 'paused');
  await legacy.raw('UPDATE items SET price = 666 WHERE order_id = 5');
  await until('both are refused', async () => (await letters.list(target)).length === 2);
  await legacy.raw('ALTER TABLE orders ALTER COLUMN amount TYPE numeric(60, 5)');
  // That of the other table is not: its row is as it was.
  await until(
    'one letter is left',
    async () => (await letters.list(target)).map(({ source }) => source).join() === 'public.items',
  );
  await legacy.raw('ALTER TABLE items ALTER COLUMN price TYPE numeric(30, 5)');
  await caughtUp(capture);
  expect(await letters.list(target)).toEqual([]);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a row that is missing though the mirror took every row is a fault still, also while the read model is out of use', async () => {
  const { target, one } = await building();
  while ((await one.buildNext()) > 0);
  const place = { kind: 'dirty', key: undefined, source: 'public.moves', sourceKey: ['1'] } as const;
  await target.transaction((tx) => letters.park(tx, 'tally_v1', { ...place, code: 'Error', message: 'not this one' }));
  await one.mend();
  expect(one.state).toBe('paused');
  await expect(one.applyLarge(inPieces([patch('900')]))).rejects.toMatchObject({ code: 'FIG_MIRROR_ROW_MISSING' });
});

test('the rest of a transaction in which a row was refused lands, also what is about this row', async () => {
  const { target, one } = await building();
  while ((await one.buildNext()) > 0);
  await target.raw('ALTER TABLE mirror_tally_v1.moves ADD CHECK (rev <> 666)');
  const refused: Change = { kind: 'insert', table: 'public.moves', row: { ...row('900'), rev: '666' } };
  await one.applyLarge(inPieces([refused], [patch('900'), patch('5')]));
  await expectOutOfUse(one);
  expect(await target('mirror_tally_v1.moves').where({ rev: 1 }).select('id')).toEqual([{ id: '5' }]);
  expect(await letters.list(target)).toMatchObject([{ kind: 'land', sourceKey: ['900'] }]);
});

function row(id: string) {
  return { id, grp: 'g', n: '1', rev: '1', big: 'large', at: '2024-02-29 10:34:56.789012+00' };
}

function patch(id: string): Change {
  return { kind: 'update', table: 'public.moves', oldKey: undefined, row: { ...row(id), big: unchanged } };
}

function inPieces(...pieces: readonly (readonly Change[])[]): LargeTransaction {
  return {
    xid: 7,
    endPosition: 200n,
    committedAtMs: 0,
    release: async () => undefined,
    async *pieces() {
      for (const changes of pieces) yield { changes, messages: [], relations: [] };
    },
  };
}

async function expectOutOfUse(projection: Projection): Promise<void> {
  expect(projection.state).toBe('paused');
  expect(projection.letters.pausedBecause).toContain('does not take a row');
}
