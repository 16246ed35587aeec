import { expect, test } from 'vitest';
import type { Change } from '../../../../src/sync/change.ts';
import {
  beginMessage,
  largeMessages,
  type TopicMessage,
  transactionMessages,
  type WriterPlace,
} from '../../../../src/sync/kafka/transport/cut-event.ts';
import { PieceReader } from '../../../../src/sync/kafka/transport/topic-tail.ts';

const place = (epoch: number, previous: bigint, log = 'thelog'): WriterPlace => ({ epoch, log, previous });
const insert = (id: number, filling = ''): Change => ({
  kind: 'insert',
  table: 'public.t',
  row: { id: String(id), filling },
});

function transaction(epoch: number, n: number, log?: string): readonly TopicMessage[] {
  const changes = [insert(n)];
  const messages = [{ prefix: 'shop.event', content: '{}', after: 1 }];
  const of = { xid: n, committedAtMs: n, endPosition: BigInt(n), changes, messages, relations: [] };
  return transactionMessages(place(epoch, BigInt(n - 1), log), of);
}

async function* pieces() {
  for (const id of [1, 2, 3]) yield { changes: [insert(id, 'x'.repeat(250))], messages: [], relations: [] };
}

async function large(epoch: number, n: number): Promise<readonly TopicMessage[]> {
  const messages: TopicMessage[] = [];
  const of = { xid: n, committedAtMs: n, endPosition: BigInt(n) };
  for await (const message of largeMessages(place(epoch, BigInt(n - 1)), of, pieces(), 100)) messages.push(message);
  return messages;
}

/** `end: ids of the rows` of each piece. */
function read(messages: readonly TopicMessage[]): readonly string[] {
  const reader = new PieceReader();
  return messages.flatMap(({ envelope, value }) => {
    const found = reader.read(envelope, value);
    if (!found) return [];
    expect(found.head.committedAtMs).toBe(Number(found.head.endPosition));
    const ids = found.piece.changes.map((change) => (change.kind === 'insert' ? change.row['id'] : ''));
    return [`${found.head.endPosition}: ${ids.join()}`];
  });
}

test('a transaction that two leaders wrote is shown once, and what a replaced one writes late is not', () => {
  const messages = [
    ...transaction(1, 1),
    ...transaction(1, 2),
    beginMessage(place(2, 1n)),
    ...transaction(2, 2),
    ...transaction(1, 3),
    ...transaction(2, 3),
  ];
  expect(read(messages)).toEqual(['1: 1', '2: 2', '3: 3']);
});

test('a large transaction is shown piece by piece, whatever its pieces are cut into', async () => {
  const messages = await large(1, 5);
  expect(messages.length).toBeGreaterThan(6);
  expect(read([...messages, ...transaction(1, 6)])).toEqual(['5: 1', '5: 2', '5: 3', '6: 6']);
});

test('who begins in the middle of a large transaction sees what comes after it', async () => {
  const messages = await large(1, 5);
  expect(read([...messages.slice(2), ...transaction(1, 6)])).toEqual(['6: 6']);
});

test('after a failover, when positions begin anew, everything is shown', () => {
  expect(read([...transaction(1, 7), ...transaction(2, 3, 'another')])).toEqual(['7: 7', '3: 3']);
});

test('messages of the log are shown with the changes that they were made among', () => {
  const reader = new PieceReader();
  const [piece] = transaction(1, 1).flatMap(({ envelope, value }) => reader.read(envelope, value) ?? []);
  expect(piece!.piece.messages).toEqual([{ prefix: 'shop.event', content: '{}', after: 1 }]);
});
