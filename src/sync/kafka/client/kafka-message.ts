import type { IHeaders } from 'kafkajs';

export interface KafkaMessage {
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  /** Of a header that is there several times, the last. */
  readonly headers: ReadonlyMap<string, Buffer>;
}

interface Received {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
}

export function messageOf({ offset, key, value, headers = {} }: Received): KafkaMessage {
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
  };
}
