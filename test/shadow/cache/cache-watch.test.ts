import { expect, test } from 'vitest';
import { CacheWatch } from '../../../shadow/cache/cache-watch.ts';
import type { Judgement } from '../../../shadow/judge.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { exchangeOf } from '../exchanges.ts';

test('judgements that wait are bounded by what both sides answered', async () => {
  const watch = new CacheWatch({ clock: systemClock, suspected: () => undefined });
  const exchange = exchangeOf('/orders/1');
  const large = { ...exchange.answer, body: new Uint8Array(3 * 1024 * 1024) };
  const mismatch: Judgement = {
    verdict: 'mismatch',
    reason: '',
    differences: [],
    critical: false,
    legacy: exchange.answer,
    candidate: large,
    sandwich: undefined,
    ageMs: undefined,
    legacyMs: undefined,
    candidateMs: undefined,
  };
  const rules = { rule: { '*': 3_600_000 }, isFenced: true };
  const held = Array.from({ length: 3 }, () => watch.hold(exchange, mismatch, rules, async (first) => first));
  // Two fill the room, and the third is told at once.
  expect(await Promise.race(held)).toMatchObject({ verdict: 'undetermined', reason: 'legacy-cache' });
  watch.close();
  expect(await Promise.all(held)).toHaveLength(3);
});
