import type { IHeaders } from 'kafkajs';

export interface KafkaMessage {
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  /** Of a header that is there several times, the last. */
  readonly headers: ReadonlyMap<string, Buffer>;
  /** When it was written, or put in by the broker, in milliseconds since the epoch. */
  readonly timestampMs: number;
}

interface Received {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: IHeaders | undefined;
}

export function messageOf({ offset, key, value, timestamp, headers = {} }: Received): KafkaMessage {
  return {
    offset: BigInt(offset),
    key,
    value,
    headers: new Map(
      Object.entries(headers).flatMap(([name, given]) => {
        const last = [given].flat().at(-1);
        return last === undefined ? [] : [[name, typeof last === 'string' ? Buffer.from(last) : last]];
      }),
    ),
    timestampMs: Number(timestamp),
  };
}
