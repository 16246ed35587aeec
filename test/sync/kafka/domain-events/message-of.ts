import type { EncodedEvent, MessageToDecode } from '../../../../src/sync/kafka/domain-events/decoded-message.ts';

/** A message as a reader would give it. */
export function messageOf(given: {
  readonly key?: string | Buffer | null;
  readonly value: string | Buffer | object | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  readonly timestampMs?: number | undefined;
}): MessageToDecode {
  const { key = null, value, headers = {}, timestampMs } = given;
  const isText = typeof value === 'string' || value === null || Buffer.isBuffer(value);
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(isText ? (value as string) : JSON.stringify(value)),
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    timestampMs,
  };
}

/** What was encoded, as it arrives. */
export function arrived({ key, value, headers, timestampMs }: EncodedEvent): MessageToDecode {
  return messageOf({ key, value, headers, timestampMs });
}
