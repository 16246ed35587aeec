import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SourceTransaction } from '../../../../src/sync/change.ts';
import { BodySkim } from '../../../../src/sync/kafka/transport/body-skim.ts';
import { writeBody } from '../../../../src/sync/kafka/transport/event-body.ts';
import { transactions } from './events-at-random.ts';

function tablesOf({ changes }: Pick<SourceTransaction, 'changes'>): readonly string[] {
  return changes.flatMap((change) => (change.kind === 'truncate' ? change.tables : [change.table]));
}

/** As leaders write it: all tables that it changes are described. */
function described(transaction: SourceTransaction): SourceTransaction {
  const relations = [...new Set(tablesOf(transaction))].map((name, oid) => {
    const at = name.indexOf('.');
    return { oid, schema: name.slice(0, at), table: name.slice(at + 1), replicaIdentity: 'd', columns: [] };
  });
  return { ...transaction, relations };
}

test('a body is passed over only where no table of it is needed and it holds no message, and its number and time are known', () => {
  let passed = 0;
  fc.assert(
    fc.property(transactions, fc.nat({ max: 3 }), fc.boolean(), (drawn, needed, isQuiet) => {
      const transaction = described(isQuiet ? { ...drawn, messages: [] } : drawn);
      const tables = new Set(tablesOf(transaction).slice(0, needed));
      const read = new BodySkim((table) => tables.has(table)).read(Buffer.from(writeBody(transaction)));
      const { xid, committedAtMs, messages } = transaction;
      const isAsked = tables.size > 0 || messages.length > 0;
      expect(read).toEqual(isAsked ? undefined : { xid, committedAtMs: JSON.parse(JSON.stringify(committedAtMs)) });
      passed += read ? 1 : 0;
    }),
    { numRuns: 1_000 },
  );
  expect(passed).toBeGreaterThan(100);
});

test('what cannot be told is read: rows of a table that is not described, and what none of ours wrote', () => {
  const skim = new BodySkim(() => false);
  const changes = [{ kind: 'insert' as const, table: 'public.t', row: { id: '1' } }];
  const body = writeBody({ xid: 1, committedAtMs: 2, changes, messages: [], relations: [] });
  for (const text of [body, '', '{', ']', '"messages":[]}', '],"messages":[]}']) {
    expect(skim.read(Buffer.from(text))).toBeUndefined();
  }
});

test('the same tables are described in different ways over time, and what is asked of them stays right', () => {
  const skim = new BodySkim((table) => table === 'public.wanted');
  for (let n = 0; n < 2_500; n += 1) {
    const table = n % 5 === 0 ? 'wanted' : 'other';
    const relation = { oid: n, schema: 'public', table, replicaIdentity: 'd', columns: [] };
    const change = { kind: 'insert' as const, table: `public.${table}`, row: { id: '1' } };
    const body = { xid: n, committedAtMs: 0, changes: [change], messages: [], relations: [relation] };
    expect(skim.read(Buffer.from(writeBody(body)))?.xid).toBe(table === 'wanted' ? undefined : n);
  }
});
