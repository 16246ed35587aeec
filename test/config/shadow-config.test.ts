import { expect, test } from 'vitest';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const normalized = (shadow?: object) =>
  normalizeConfig({ legacy: { url: 'http://legacy.internal' }, ...(shadow && { shadow }) }, 'fig.config.ts');

test('500 reads a second are compared at most, unless the config says otherwise', () => {
  expect(normalized().shadow).toMatchObject({ maxPerSecond: 100 });
  expect(normalized({}).shadow).toMatchObject({ maxPerSecond: 100 });
  expect(normalized({ maxPerSecond: 0.5 }).shadow).toMatchObject({ maxPerSecond: 0.5 });
});

test.each([[{ maxPerSecond: 0 }], [{ maxPerSecond: -1 }], [{ maxPerSecond: '5' }], [{ perSecond: 5 }]])(
  'refused with the key that is wrong: %j',
  (shadow) => {
    expect(() => normalized(shadow)).toThrow(/shadow/);
  },
);
