import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import type { Change, LargeTransaction, SourceTransaction } from '../../../src/sync/change.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import type { Projection } from '../../../src/sync/projection/projection.ts';
import { building, rows } from './own-projections.ts';
import { nothing, picky } from './poison-handlers.ts';
import { told } from './tally-model.ts';

const most = 50;
const letters = new DeadLetterStore();

/** A tally that is being walked, to which only so many changes may wait, and that takes no truncate. */
async function started() {
  const { model, refuse } = picky();
  const { target, one } = await building(model, model, most);
  refuse(({ kind }) => kind === 'truncate');
  return { target, one, refuse };
}

const truncate: Change = { kind: 'truncate', tables: ['public.moves'] };

function inserts(from: number, count: number): readonly Change[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'insert',
    table: 'public.moves',
    row: { id: `${from + i}`, grp: 'g', n: '1', rev: '0', big: null, at: '2024-02-29 10:34:56.789012+00' },
  }));
}

function transaction(endPosition: bigint, changes: readonly Change[]): SourceTransaction {
  return { xid: 7, endPosition, committedAtMs: 0, changes, messages: [], relations: [] };
}

async function walkToEnd(projection: Projection): Promise<void> {
  while ((await projection.buildNext()) > 0);
  expect(projection.state).toBe('ready');
}

/** Out of use, and what waited is forgotten. Answers how many changes did when that was seen. */
async function pausedAt(target: Knex, projection: Projection): Promise<number> {
  expect(projection.state).toBe('paused');
  expect(projection.letters.pausedBecause).toContain('changes wait for others');
  expect(await target('fig.projection').select('state')).toEqual([{ state: 'paused' }]);
  expect(await target('fig.parked_change').select('id')).toEqual([]);
  const [letter, ...others] = await letters.list(target, ['tally_v1']);
  expect(others).toEqual([]);
  return letter!.changesSince;
}

test('a batch of the stream with which more would wait than is kept puts the read model out of use, and nothing waits any more', async () => {
  const { target, one, refuse } = await started();
  await walkToEnd(one);
  await one.apply([transaction(200n, [truncate, ...inserts(1000, most)])]);
  expect(one.state).toBe('ready');
  expect((await target('fig.parked_change').select('id')).length).toBe(most + 1);
  await one.apply([transaction(300n, inserts(2000, most))]);
  expect(await pausedAt(target, one)).toBe(most + 1);

  refuse(nothing);
  await letters.hasten(target, { projections: ['tally_v1'] });
  expect(await one.mend()).toBe('lifted');
  await walkToEnd(one);
  expect(await letters.list(target)).toEqual([]);
  expect((await told(target, 1)).length).toBe(2 * most);
});

test('so does the walk, which meets rows of a table of which all waits', async () => {
  const { target, one } = await started();
  expect(await one.buildNext()).toBe(200);
  await one.apply([transaction(200n, [truncate, ...inserts(1000, 4 * most)])]);
  expect(one.state).toBe('building');
  expect(await one.buildNext()).toBe(0);
  expect(await pausedAt(target, one)).toBe(most + 1);
});

test('so does a large transaction, at the change with which it is too much', async () => {
  const { target, one } = await started();
  await walkToEnd(one);
  const large: LargeTransaction = {
    xid: 7,
    endPosition: 200n,
    committedAtMs: 0,
    release: async () => undefined,
    async *pieces() {
      yield { changes: [truncate], messages: [], relations: [] };
      for (let from = 1000; from < 1000 + 20 * most; from += most / 2) {
        yield { changes: inserts(from, most / 2), messages: [], relations: [] };
      }
    },
  };
  await one.applyLarge(large);
  expect(await pausedAt(target, one)).toBe(most + 1);
  expect(await target('mirror_tally_v1.moves').count('id as n')).toEqual([{ n: `${20 * most}` }]);
  expect((await told(target, 1)).length).toBe(rows);
});
