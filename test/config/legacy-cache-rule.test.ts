import { expect, test } from 'vitest';
import { legacyCacheMs } from '../../src/config/legacy-cache-rule.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

function ruleOf(
  legacyCache: unknown,
): ReturnType<typeof normalizeConfig>['features'][number]['compare']['legacyCache'] {
  const feature = {
    name: 'orders',
    routes: ['GET /a', 'GET /b'],
    candidate: 'http://new.internal',
    compare: { legacyCache },
  };
  const config = normalizeConfig({ legacy: { url: 'http://legacy.internal' }, features: [feature] }, 'fig.config.ts');
  return config.features[0]!.compare.legacyCache;
}

test('is one for all routes, or one for each that is named', () => {
  expect(legacyCacheMs(ruleOf('60s'), 'GET /a')).toBe(60_000);
  expect(legacyCacheMs(ruleOf({ 'GET /a': '5m' }), 'GET /a')).toBe(300_000);
  expect(legacyCacheMs(ruleOf({ 'GET /a': '5m' }), 'GET /b')).toBeUndefined();
  expect(legacyCacheMs(ruleOf({ '*': '10s', 'GET /a': '5m' }), 'GET /b')).toBe(10_000);
  expect(legacyCacheMs(ruleOf(undefined), 'GET /a')).toBeUndefined();
});

test.each([[60], ['60'], ['2h'], [{ 'GET /a': 5 }]])('%j is refused', (rule) => {
  expect(() => ruleOf(rule)).toThrow(/legacyCache/);
});
