import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Envelope, readEnvelope, writeEnvelope } from '../../../../src/sync/kafka/transport/envelope.ts';

const position = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn);
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  kind: fc.constantFrom('begin', 'position', 'transaction', 'large'),
  epoch: fc.nat({ max: 2 ** 45 }),
  log: fc.stringMatching(/^[A-Za-z0-9_-]{8}$/),
  previous: position,
  end: position,
  part: fc.nat(),
  cut: fc.constantFrom('inside', 'piece', 'end'),
});

test('an envelope comes back as it was', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      expect(readEnvelope(writeEnvelope(envelope))).toEqual(envelope);
    }),
  );
});

test('what is none of ours, or of a later version, is refused and not guessed', () => {
  const good = '1 t 7 abcdefgh 0/1 0/2 0 .';
  expect(readEnvelope(good).epoch).toBe(7);
  const bad = [
    undefined,
    '',
    '2 t 7 abcdefgh 0/1 0/2 0 .',
    '1 x 7 abcdefgh 0/1 0/2 0 .',
    '1 t 7 abcdefgh 0/1 0/2 0',
    `${good} x`,
  ];
  for (const text of [...bad, '1 t -7 abcdefgh 0/1 0/2 0 .', '1 t 7 abcdefgh 1 0/2 0 .', '1 t 7  0/1 0/2 0 .']) {
    expect(() => readEnvelope(text)).toThrow(expect.objectContaining({ code: 'FIG_TOPIC_FOREIGN' }));
  }
});
