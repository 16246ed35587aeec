import { expect, test } from 'vitest';
import type { StreamEvent } from '../../../src/sync/change.ts';
import type { Relation } from '../../../src/sync/postgres/pgoutput-messages.ts';
import { StreamTap } from '../../../src/sync/tail/stream-tap.ts';

const relation: Relation = { oid: 1, schema: 'public', table: 't', replicaIdentity: 'd', columns: [] };
const insert = (id: number) => ({ kind: 'insert' as const, table: 'public.t', row: { id: String(id) } });

function transaction(n: number): StreamEvent {
  const of = { xid: n, committedAtMs: n, endPosition: BigInt(n), changes: [insert(n)], messages: [] };
  return { type: 'transaction', transaction: { ...of, relations: [relation] }, bytes: 1 };
}

function large(n: number): StreamEvent {
  const of = {
    xid: n,
    committedAtMs: n,
    endPosition: BigInt(n),
    async *pieces() {
      for (const id of [1, 2]) yield { changes: [insert(id)], messages: [], relations: [] };
    },
    release: () => Promise.resolve(),
  };
  return { type: 'large', transaction: of };
}

function listened(tap: StreamTap): { seen: string[]; end: () => void } {
  const seen: string[] = [];
  const end = tap.listen(({ endPosition }, { changes }) => void seen.push(`${endPosition}: ${changes.length}`));
  return { seen, end };
}

test('what goes by is told while somebody listens, and goes on as it came', () => {
  const tap = new StreamTap();
  tap.pass([transaction(1)]);
  const { seen, end } = listened(tap);
  const events: StreamEvent[] = [transaction(2), { type: 'position', position: 3n }];
  expect(tap.pass(events)).toEqual(events);
  end();
  tap.pass([transaction(4)]);
  expect(seen).toEqual(['2: 1']);
  expect(tap.relations).toEqual([relation]);
});

test('what a session that began anew is given again is not told again', () => {
  const tap = new StreamTap();
  const { seen } = listened(tap);
  tap.pass([transaction(1), transaction(2)]);
  tap.pass([transaction(1), transaction(2), transaction(3)]);
  expect(seen).toEqual(['1: 1', '2: 1', '3: 1']);
});

test('a large transaction is told piece by piece while it is read, once', async () => {
  const tap = new StreamTap();
  const { seen } = listened(tap);
  const [passed] = tap.pass([large(9)]);
  expect(seen).toEqual([]);
  for (let reading = 0; reading < 2; reading += 1) {
    const read: string[] = [];
    if (passed?.type !== 'large') throw new Error('it is no large transaction any more');
    for await (const { changes } of passed.transaction.pieces()) read.push(...changes.map(({ kind }) => kind));
    expect(read).toEqual(['insert', 'insert']);
  }
  expect(seen).toEqual(['9: 1', '9: 1']);
});

test('after a failover, when positions begin anew, everything is told', () => {
  const tap = new StreamTap();
  const { seen } = listened(tap);
  tap.follows('one log');
  tap.pass([transaction(5)]);
  tap.follows('one log');
  tap.pass([transaction(3)]);
  tap.follows('another');
  tap.pass([transaction(3)]);
  expect(seen).toEqual(['5: 1', '3: 1']);
});

test('whoever looks and fails does not keep the others from being told, nor the changes from being applied', () => {
  const tap = new StreamTap();
  tap.listen(() => {
    throw new Error('broken');
  });
  const { seen } = listened(tap);
  expect(tap.pass([transaction(1)])).toHaveLength(1);
  tap.pass([transaction(2)]);
  expect(seen).toEqual(['1: 1', '2: 1']);
});
