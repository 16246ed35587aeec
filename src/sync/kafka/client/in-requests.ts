import type { TopicDescription } from './kafka-admin.ts';

// Nothing here does I/O.

/** The messages of a request for one partition are one batch, and brokers take batches up to 1 MiB unless told otherwise. */
const REQUEST_BYTES = 512 * 1024;
/** Of the limit of a topic: the rest is for what Kafka writes around messages. */
const SHARE = 0.75;

/** Bytes of messages that one request to a topic should have at most. */
export function requestBytes({ settings }: Pick<TopicDescription, 'settings'>): number {
  const limit = Number(settings.get('max.message.bytes') ?? Number.NaN);
  return Number.isFinite(limit) ? Math.min(REQUEST_BYTES, Math.floor(limit * SHARE)) : REQUEST_BYTES;
}

/** What of a message takes room. */
export interface SizedMessage {
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers: Readonly<Record<string, Buffer | string>>;
}

/** Bytes that a message takes, about. */
export function bytesOfMessage({ key, value, headers }: SizedMessage): number {
  const ofHeaders = Object.entries(headers).reduce((sum, [name, each]) => sum + lengthOf(name) + lengthOf(each), 0);
  return lengthOf(key) + lengthOf(value) + ofHeaders;
}

/** The messages in their order, cut into requests; one that is larger than a request goes by itself. */
export function* inRequests<Message extends SizedMessage>(
  messages: readonly Message[],
  mostBytes: number = REQUEST_BYTES,
): Generator<readonly Message[]> {
  let [request, bytes]: [Message[], number] = [[], 0];
  for (const message of messages) {
    const more = bytesOfMessage(message);
    if (request.length > 0 && bytes + more > mostBytes) {
      yield request;
      [request, bytes] = [[], 0];
    }
    request.push(message);
    bytes += more;
  }
  if (request.length > 0) yield request;
}

/** What is written, for an error: of a single message its size, as that may be what is wrong. */
export function describeRequest(request: readonly SizedMessage[], topic: string): string {
  const [only, ...more] = request;
  if (!only || more.length > 0) return `write to the topic ${topic}`;
  return `write a message of ${String(bytesOfMessage(only))} bytes to the topic ${topic}`;
}

function lengthOf(part: Buffer | string | null): number {
  return part === null ? 0 : Buffer.byteLength(part);
}
