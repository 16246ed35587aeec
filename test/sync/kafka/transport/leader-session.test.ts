import { expect, test } from 'vitest';
import type { Position } from '../../../../src/kernel/position.ts';
import type { Change, StreamEvent } from '../../../../src/sync/change.ts';
import type { ChangeStream } from '../../../../src/sync/change-stream.ts';
import type { MessageToSend } from '../../../../src/sync/kafka/client/kafka-producer.ts';
import { envelopeHeader } from '../../../../src/sync/kafka/transport/envelope.ts';
import { BodyReader } from '../../../../src/sync/kafka/transport/event-body.ts';
import { LeaderSession } from '../../../../src/sync/kafka/transport/leader-session.ts';
import { MessageReader } from '../../../../src/sync/kafka/transport/message-reader.ts';
import { SpoolSpace, spoolDefaults } from '../../../../src/sync/postgres/spool-space.ts';
import { until } from '../../../support/until.ts';

const LOG = 'thelog';

/** A server that says these events and then nothing more, until it is told to stop. */
class Server implements ChangeStream {
  readonly received = 0n;
  readonly spooledBytes = 0;
  acknowledged: Position = 0n;
  readonly #batches: (readonly StreamEvent[])[];
  #end: (events: undefined) => void = () => undefined;
  readonly #ended = new Promise<undefined>((resolve) => (this.#end = resolve));

  constructor(...batches: (readonly StreamEvent[])[]) {
    this.#batches = batches;
  }

  acknowledge(position: Position): void {
    this.acknowledged = position;
  }

  async next(): Promise<readonly StreamEvent[] | undefined> {
    return this.#batches.shift() ?? this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(undefined);
  }
}

function insert(id: number, length = 1): Change {
  return { kind: 'insert', table: 'public.t', row: { id: String(id), filling: 'x'.repeat(length) } };
}

function transaction(n: number): StreamEvent {
  const changes = [insert(n)];
  const of = { xid: n, committedAtMs: n, endPosition: BigInt(n), changes, messages: [], relations: [] };
  return { type: 'transaction', transaction: of, bytes: 1 };
}

/** In pieces of so many characters. */
function large(n: number, pieces: number, length: number, released: number[]): StreamEvent {
  const of = {
    xid: n,
    committedAtMs: n,
    endPosition: BigInt(n),
    async *pieces() {
      for (let piece = 0; piece < pieces; piece += 1) {
        yield { changes: [insert(piece, length)], messages: [], relations: [] };
      }
    },
    release: async () => void released.push(n),
  };
  return { type: 'large', transaction: of };
}

function lead(stream: Server, send: (messages: readonly MessageToSend[]) => Promise<bigint>) {
  const told: { readonly position: Position; readonly offset: bigint; readonly acknowledged: Position }[] = [];
  const session = new LeaderSession({
    stream,
    producer: { send: async (_topic, messages) => new Map([[0, await send(messages)]]) },
    topic: 'topic',
    place: { epoch: 1, log: LOG, previous: 0n },
    onWritten: (position, offset) => told.push({ position, offset, acknowledged: stream.acknowledged }),
  });
  const stop = new AbortController();
  return {
    session,
    told,
    signal: stop.signal,
    end: async (running: Promise<void>): Promise<void> => {
      stop.abort();
      await stream[Symbol.asyncDispose]();
      await running;
    },
  };
}

/** What a reader is given that begins at a place in the topic. */
async function readFrom(topic: readonly MessageToSend[], position: Position, offset: bigint) {
  const space = new SpoolSpace(
    spoolDefaults,
    () => undefined,
    () => undefined,
  );
  await using reader = new MessageReader(
    { at: position, epoch: 1, logs: new Map([[LOG, undefined]]), logsSince: 0 },
    space,
  );
  const ends: Position[] = [];
  for (let at = offset; at < topic.length; at += 1n) {
    const { headers, value } = topic[Number(at)]!;
    const event = reader.read(String(headers[envelopeHeader]), value!, at);
    if (event) ends.push(event.type === 'position' ? event.position : event.transaction.endPosition);
  }
  return ends;
}

test.each([
  ['larger than a message', 700_000],
  // So that a request holds whole transactions and the beginning of one.
  ['of which several go into one request', 100_000],
])('every place that a leader tells of is one to begin at, also while it writes pieces %s', async (_name, length) => {
  const topic: MessageToSend[] = [];
  const released: number[] = [];
  const server = new Server(
    [transaction(1), large(2, 9, length, released), transaction(3)],
    [transaction(4), large(5, 8, length, released)],
  );
  const { session, told, signal, end } = lead(server, async (messages) => {
    topic.push(...messages);
    return BigInt(topic.length - messages.length);
  });
  await session.begin();
  expect(told).toMatchObject([{ position: 0n, offset: 1n }]);
  const running = session.run(signal);
  await until('all is written', () => told.at(-1)?.position === 5n);
  await end(running);
  expect(topic.length).toBeGreaterThan(10);
  expect(released).toEqual([2, 5]);
  for (const { position, offset } of told) {
    expect(await readFrom(topic, position, offset)).toEqual([1n, 2n, 3n, 4n, 5n].filter((each) => each > position));
  }
});

test('the server is told of a position when the topic has it, and not before', async () => {
  const server = new Server([transaction(1)], [transaction(2)]);
  let answer: (() => void) | undefined;
  let sent = 0;
  const { session, told, signal, end } = lead(server, async (messages) => {
    if (sent > 0) await new Promise<void>((resolve) => (answer = resolve));
    const first = BigInt(sent);
    sent += messages.length;
    return first;
  });
  await session.begin();
  const running = session.run(signal);
  for (const position of [1n, 2n]) {
    await until('it is sent', () => answer !== undefined);
    expect(server.acknowledged).toBe(position - 1n);
    answer!();
    answer = undefined;
    await until('it is told', () => told.at(-1)?.position === position);
    expect(server.acknowledged).toBe(position);
  }
  await end(running);
});

test('a position at which the server has nothing more to say is written as well, with no transaction behind it', async () => {
  const topic: MessageToSend[] = [];
  const server = new Server([transaction(1), { type: 'position', position: 7n }]);
  const { session, told, signal, end } = lead(server, async (messages) => {
    topic.push(...messages);
    return BigInt(topic.length - messages.length);
  });
  await session.begin();
  const running = session.run(signal);
  await until('it is told', () => told.at(-1)?.position === 7n);
  expect(server.acknowledged).toBe(7n);
  await end(running);
  expect(await readFrom(topic, 0n, 0n)).toEqual([1n, 7n]);
});

test('every message describes the tables that it changes, though the server does so once in a session', async () => {
  const relation = { oid: 1, schema: 'public', table: 't', replicaIdentity: 'd', columns: [] };
  const [first, second] = [transaction(1), transaction(2)];
  if (first.type !== 'transaction') throw new Error('no transaction');
  const described: StreamEvent = { ...first, transaction: { ...first.transaction, relations: [relation] } };
  const values: Buffer[] = [];
  const { session, signal, end } = lead(new Server([described], [second]), async (messages) => {
    values.push(...messages.map(({ value }) => Buffer.from(value ?? '')));
    return BigInt(values.length - messages.length);
  });
  await session.begin();
  const running = session.run(signal);
  await until('both are sent', () => values.length === 3);
  await end(running);
  const bodies = new BodyReader();
  for (const value of values.slice(1)) expect(bodies.read(value).relations).toEqual([relation]);
});

test('a leader whose topic takes nothing ends with that error, also when nothing more comes, and the server is told of nothing', async () => {
  const server = new Server([transaction(1)]);
  let isBegun = false;
  const { session, told, signal } = lead(server, async () => {
    if (isBegun) throw new Error('no broker');
    return 0n;
  });
  await session.begin();
  isBegun = true;
  await expect(session.run(signal)).rejects.toThrow('no broker');
  expect(server.acknowledged).toBe(0n);
  expect(told).toHaveLength(1);
});
