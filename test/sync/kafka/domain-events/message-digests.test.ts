import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOfEvent, digestOfMessage } from '../../../../src/sync/kafka/domain-events/message-digests.ts';

interface Drawn {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number | undefined;
}

const short = fc.constantFrom('', 'a', 'b', 'ab', '1', '1 a', '-', ',', '"');
const bytes = fc.option(short, { nil: null });
const messages: fc.Arbitrary<Drawn> = fc.record({
  key: bytes,
  value: bytes,
  timestampMs: fc.option(fc.nat(2), { nil: undefined }),
});
const events = fc.tuple(short, short, short);

function ofMessage({ key, value, timestampMs }: Drawn): string {
  const given = { key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value) };
  return digestOfMessage({ ...given, headers: new Map(), timestampMs }).toString('hex');
}

function ofEvent([topic, source, id]: readonly [string, string, string]): string {
  const event = { id, type: 'T', key: 'k', at: undefined, data: undefined, position: undefined };
  return digestOfEvent(topic, { kind: 'event', event, source }).toString('hex');
}

test('two messages have one digest only where key, value and time are the same', () => {
  fc.assert(
    fc.property(messages, messages, (a, b) => {
      expect(ofMessage(a) === ofMessage(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
    { numRuns: 2_000 },
  );
});

test('two events are the same only where topic, source and id are', () => {
  fc.assert(
    fc.property(events, events, (a, b) => {
      expect(ofEvent(a) === ofEvent(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
    { numRuns: 2_000 },
  );
});
