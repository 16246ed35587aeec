import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import {
  beginMessage,
  positionMessage,
  type TopicMessage,
  transactionMessages,
  type WriterPlace,
} from '../../../../src/sync/kafka/transport/cut-event.ts';
import { writeEnvelope } from '../../../../src/sync/kafka/transport/envelope.ts';
import { writeBody } from '../../../../src/sync/kafka/transport/event-body.ts';
import { MessageReader, TopicGap, type TopicPlace } from '../../../../src/sync/kafka/transport/message-reader.ts';
import type { SourceLogs } from '../../../../src/sync/kafka/transport/source-logs.ts';
import { SpoolSpace, spoolDefaults } from '../../../../src/sync/postgres/spool-space.ts';

const LOG = 'thelog';
const logs: SourceLogs = new Map([[LOG, undefined]]);
const space = new SpoolSpace(
  spoolDefaults,
  () => undefined,
  () => undefined,
);

/** Event n ends at position n; every third is an idle position, the others are transactions of several messages. */
function eventMessages(place: WriterPlace, n: number): readonly TopicMessage[] {
  if (n % 3 === 0) return [positionMessage(place, BigInt(n))];
  const transaction = {
    xid: n,
    endPosition: BigInt(n),
    committedAtMs: n,
    changes: [{ kind: 'insert' as const, table: 'public.t', row: { id: String(n) } }],
    messages: [],
    relations: [],
  };
  return transactionMessages(place, transaction, n % 2 === 0 ? 40 : 10_000);
}

interface Step {
  /** What happens next: a leader writes a message, one begins, one that was replaced goes on writing. */
  readonly what: 'write' | 'begin' | 'late';
  readonly which: number;
}
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ what: fc.constantFrom('write', 'write', 'write', 'write', 'begin', 'late'), which: fc.nat(20) }),
  { minLength: 1, maxLength: 80 },
);

/** Messages that a leader has put together and that are not in the topic. */
class Writer {
  readonly #place: WriterPlace;
  #waiting: { readonly message: TopicMessage; readonly completes: number | undefined }[];
  #next: number;

  constructor(epoch: number, from: number) {
    this.#place = { epoch, log: LOG, previous: BigInt(from) };
    this.#waiting = [{ message: beginMessage(this.#place), completes: undefined }];
    this.#next = from + 1;
  }

  write(): { readonly message: TopicMessage; readonly completes: number | undefined } {
    if (this.#waiting.length === 0) {
      const messages = eventMessages({ ...this.#place, previous: BigInt(this.#next - 1) }, this.#next);
      const event = this.#next;
      this.#waiting = messages.map((message, n) => ({
        message,
        completes: n === messages.length - 1 ? event : undefined,
      }));
      this.#next += 1;
    }
    return this.#waiting.shift()!;
  }
}

/** A topic as leaders fill it that follow each other and may overlap; each begins where the slot is, at most at what is there. */
function topicOf(plan: readonly Step[]): { readonly topic: readonly TopicMessage[]; readonly written: number } {
  const writers = [new Writer(1, 0)];
  const topic: TopicMessage[] = [];
  let written = 0;
  for (const { what, which } of plan) {
    if (what === 'begin') {
      // The server may have forgotten what it was told of, so the slot may be anywhere before.
      writers.push(new Writer(writers.length + 1, Math.max(0, written - which)));
      continue;
    }
    const writer = what === 'late' ? writers[which % writers.length]! : writers.at(-1)!;
    const { message, completes } = writer.write();
    topic.push(message);
    // Only what the latest leader has written whole is acknowledged, or what an earlier one had before it began.
    if (completes !== undefined && writer === writers.at(-1)) written = Math.max(written, completes);
  }
  return { topic, written };
}

function readAll(
  topic: readonly TopicMessage[],
  { position, offset, epoch }: TopicPlace,
  until: number = topic.length,
): { readonly events: readonly StreamEvent[]; readonly places: readonly TopicPlace[] } {
  const reader = new MessageReader({ at: position, epoch, logs, logsSince: 0 }, space);
  const events: StreamEvent[] = [];
  const places: TopicPlace[] = [];
  for (let at = Number(offset); at < until; at += 1) {
    const { envelope, value } = topic[at]!;
    const event = reader.read(envelope, value, BigInt(at));
    if (!event) continue;
    events.push(event);
    places.push({ position: reader.at, offset: BigInt(at + 1), epoch: reader.epoch });
  }
  return { events, places };
}

function ends(events: readonly StreamEvent[]): readonly number[] {
  return events.map((event) => Number(event.type === 'position' ? event.position : event.transaction.endPosition));
}

function countTo(n: number, from = 1): readonly number[] {
  return Array.from({ length: Math.max(0, n - from + 1) }, (_, i) => from + i);
}

test('however leaders follow and overlap each other, a reader gets every event once and in order', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const { topic, written } = topicOf(plan);
      const { events } = readAll(topic, { position: 0n, offset: 0n, epoch: 0 });
      const got = ends(events);
      expect(got).toEqual(countTo(got.length));
      expect(got.length).toBeGreaterThanOrEqual(written);
    }),
    { numRuns: 2_000 },
  );
});

test('a reader that is stopped anywhere goes on from the place that it kept, as if it had not been', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (plan, stop) => {
      const { topic } = topicOf(plan);
      const whole = ends(readAll(topic, { position: 0n, offset: 0n, epoch: 0 }).events);
      const { places } = readAll(topic, { position: 0n, offset: 0n, epoch: 0 }, stop % (topic.length + 1));
      const place = places.at(-1);
      if (!place) return;
      const rest = ends(readAll(topic, place).events);
      expect(rest).toEqual(whole.slice(Number(place.position)));
    }),
    { numRuns: 2_000 },
  );
});

test('what is missing from a topic is never passed over: the reader says so, or waits for what comes', () => {
  let gaps = 0;
  fc.assert(
    fc.property(steps, fc.nat(), fc.nat(10), (plan, from, count) => {
      const { topic } = topicOf(plan);
      const kept = topic.toSpliced(from % topic.length, count + 1);
      const got: number[] = [];
      const reader = new MessageReader({ at: 0n, epoch: 0, logs, logsSince: 0 }, space);
      try {
        kept.forEach(({ envelope, value }, at) => {
          const event = reader.read(envelope, value, BigInt(at));
          if (event) got.push(Number(reader.at));
        });
      } catch (error) {
        // Whoever begins at the place that it names is behind what is missing.
        if (!(error instanceof TopicGap) || error.next.position <= reader.at) throw error;
        gaps += 1;
      }
      expect(got).toEqual(countTo(got.length));
    }),
    { numRuns: 2_000 },
  );
  expect(gaps).toBeGreaterThan(100);
});

test('duplicated delivery changes nothing', () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.nat(10), (plan, at, count) => {
      const { topic } = topicOf(plan);
      const from = at % topic.length;
      const whole = ends(readAll(topic, { position: 0n, offset: 0n, epoch: 0 }).events);
      const twice = topic.toSpliced(from, 0, ...topic.slice(Math.max(0, from - count), from));
      expect(ends(readAll(twice, { position: 0n, offset: 0n, epoch: 0 }).events)).toEqual(whole);
    }),
    { numRuns: 1_000 },
  );
});

test('a body that cannot be read is refused, of a large transaction as well', () => {
  const envelope = { epoch: 1, log: LOG, previous: 0n, end: 1n, part: 0, cut: 'end' } as const;
  for (const kind of ['transaction', 'large'] as const) {
    const reader = new MessageReader({ at: 0n, epoch: 0, logs, logsSince: 0 }, space);
    expect(() => reader.read(writeEnvelope({ ...envelope, kind }), Buffer.from('{'), 0n)).toThrow(
      expect.objectContaining({ code: 'FIG_TOPIC_FOREIGN' }),
    );
  }
});

test('a transaction of tables that nobody needs is an event like any other, without what it holds', () => {
  const relation = { oid: 1, schema: 'public', table: 'other', replicaIdentity: 'd', columns: [] };
  const change = { kind: 'insert' as const, table: 'public.other', row: { id: '1' } };
  const held = { xid: 7, committedAtMs: 8, changes: [change], messages: [] };
  const value = Buffer.from(writeBody({ ...held, relations: [relation] }));
  const envelope = { kind: 'transaction', epoch: 1, log: LOG, previous: 0n, end: 5n, part: 0, cut: 'end' } as const;
  const reader = new MessageReader({ at: 0n, epoch: 0, logs, logsSince: 0 }, space, () => false);
  const empty = { xid: 7, committedAtMs: 8, endPosition: 5n, changes: [], messages: [], relations: [] };
  const event = reader.read(writeEnvelope(envelope), value, 0n);
  expect(event).toEqual({ type: 'transaction', transaction: empty, bytes: 0 });
  expect(reader.at).toBe(5n);
});

test('what a leader began is forgotten when a later one begins: nobody waits for the rest of it', () => {
  const reader = new MessageReader({ at: 0n, epoch: 0, logs, logsSince: 0 }, space);
  const [begun] = eventMessages({ epoch: 1, log: LOG, previous: 0n }, 2);
  expect(reader.read(begun!.envelope, begun!.value, 0n)).toBeUndefined();
  expect(reader.isBetweenEvents).toBe(false);
  const later = beginMessage({ epoch: 2, log: LOG, previous: 0n });
  expect(reader.read(later.envelope, later.value, 1n)).toBeUndefined();
  expect(reader.isBetweenEvents).toBe(true);
});

test('what is said of a table is news once, and again when it is said otherwise', () => {
  const columns = [{ name: 'id', isKey: true, typeOid: 20, typeModifier: -1 }];
  const relation = { oid: 1, schema: 'public', table: 't', replicaIdentity: 'd', columns };
  const changed = { ...relation, columns: [...columns, { name: 'note', isKey: false, typeOid: 25, typeModifier: -1 }] };
  const reader = new MessageReader({ at: 0n, epoch: 0, logs, logsSince: 0 }, space);
  const told = [relation, relation, changed, changed].map((each, n) => {
    const held = { xid: n, committedAtMs: 0, endPosition: BigInt(n + 1), changes: [], messages: [], relations: [each] };
    const [message] = transactionMessages({ epoch: 1, log: LOG, previous: BigInt(n) }, held);
    const event = reader.read(message!.envelope, message!.value, BigInt(n));
    return event?.type === 'transaction' ? event.transaction.relations : undefined;
  });
  expect(told).toEqual([[relation], [], [changed], []]);
});

test('a message whose transaction lacks an earlier one tells at once that something is missing, and where to begin behind it', () => {
  const change = { kind: 'insert' as const, table: 'public.t', row: { id: '1' } };
  const held = { xid: 1, committedAtMs: 0, endPosition: 5n, changes: [change], messages: [], relations: [] };
  const parts = transactionMessages({ epoch: 1, log: LOG, previous: 0n }, held, 40);
  expect(parts.length).toBeGreaterThan(2);
  for (const kept of [parts.slice(1), [parts[0]!, parts[2]!]]) {
    const reader = new MessageReader({ at: 0n, epoch: 0, logs, logsSince: 0 }, space);
    const read = (): void => kept.forEach(({ envelope, value }, n) => void reader.read(envelope, value, BigInt(n)));
    const offset = kept.length === 2 && kept[0] === parts[0] ? 1n : 0n;
    const next = { position: 5n, offset, epoch: 1 };
    expect(read).toThrow(expect.objectContaining({ code: 'FIG_TOPIC_GAP', next }));
  }
});
