import type { IHeaders } from 'kafkajs';

export interface KafkaMessage {
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  /** Of a header that is there several times, the last; without those that have no value. */
  readonly headers: ReadonlyMap<string, Buffer>;
  /** When it was written, or happened, as the topic is set; milliseconds since the epoch. Undefined: it does not say. */
  readonly timestampMs?: number | undefined;
}

interface Received {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
  readonly timestamp?: string | undefined;
}

export function messageOf({ offset, key, value, headers = {}, timestamp }: Received): KafkaMessage {
  return {
    offset: BigInt(offset),
    key,
    value,
    headers: new Map(
      Object.entries(headers).flatMap(([name, given]) => {
        const last = [given].flat().at(-1);
        // Kafka has headers of nothing, which the types of kafkajs do not know.
        return last === undefined || (last as unknown) === null
          ? []
          : [[name, typeof last === 'string' ? Buffer.from(last) : last]];
      }),
    ),
    ...(timestamp !== undefined && Number(timestamp) >= 0 && { timestampMs: Number(timestamp) }),
  };
}
