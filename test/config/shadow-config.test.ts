import { expect, test } from 'vitest';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const normalized = (shadow?: object) =>
  normalizeConfig({ legacy: { url: 'http://legacy.internal' }, ...(shadow && { shadow }) }, 'fig.config.ts');

test('500 reads a second are compared at most, unless the config says otherwise', () => {
  expect(normalized().shadow).toMatchObject({ maxPerSecond: 100 });
  expect(normalized({}).shadow).toMatchObject({ maxPerSecond: 100 });
  expect(normalized({ maxPerSecond: 0.5 }).shadow).toMatchObject({ maxPerSecond: 0.5 });
});

test('evidence is kept for 30 days and up to 500 MB, unless the config says otherwise', () => {
  expect(normalized().shadow.keep).toEqual({ days: 30, bytes: 500 * 1024 ** 2 });
  expect(normalized({ keep: { days: 7 } }).shadow.keep).toEqual({ days: 7, bytes: 500 * 1024 ** 2 });
  expect(normalized({ keep: { megabytes: 10 } }).shadow.keep).toEqual({ days: 30, bytes: 10 * 1024 ** 2 });
});

test.each([
  [{ keep: { days: 0 } }],
  [{ keep: { megabytes: 9 } }],
  [{ keep: { weeks: 1 } }],
  [{ maxPerSecond: 0 }],
  [{ maxPerSecond: -1 }],
  [{ maxPerSecond: '5' }],
  [{ perSecond: 5 }],
  [{ pairs: 'no' }],
])('refused with the key that is wrong: %j', (shadow) => {
  expect(() => normalized(shadow)).toThrow(/shadow/);
});

test('a feature is sampled as it says itself, else as all are; its bound per second is its own', () => {
  const routes = { candidate: 'http://new.internal', routes: ['GET /a'] };
  const config = normalizeConfig(
    {
      legacy: { url: 'http://legacy.internal' },
      shadow: { maxPerSecond: 30, sample: { percent: 10, by: 'visitor' }, harmlessWrites: ['sessions'] },
      features: [
        { name: 'orders', ...routes },
        {
          name: 'items',
          ...routes,
          routes: ['GET /b'],
          shadow: { maxPerSecond: 2, sample: { percent: 0.5 }, harmlessWrites: ['audit.view_log'] },
        },
      ],
    },
    'fig.config.ts',
  );
  expect(config.features.map(({ shadow }) => shadow)).toEqual([
    { maxPerSecond: undefined, sample: { percent: 10, by: 'visitor' }, pairs: true, harmlessWrites: ['sessions'] },
    {
      maxPerSecond: 2,
      sample: { percent: 0.5, by: 'request' },
      pairs: true,
      harmlessWrites: ['sessions', 'audit.view_log'],
    },
  ]);
  expect(config.shadow).toMatchObject({ maxPerSecond: 30 });
});

test('pairs are stored unless the config says otherwise, and what a feature says holds for it', () => {
  const features = [
    { name: 'orders', candidate: 'http://new.internal', routes: ['GET /a'] },
    { name: 'items', candidate: 'http://new.internal', routes: ['GET /b'], shadow: { pairs: true } },
  ];
  const pairsOf = (shadow?: object): boolean[] =>
    normalizeConfig(
      { legacy: { url: 'http://legacy.internal' }, ...(shadow && { shadow }), features },
      'x',
    ).features.map((feature) => feature.shadow.pairs);
  expect(pairsOf()).toEqual([true, true]);
  expect(pairsOf({ pairs: false })).toEqual([false, true]);
});

test.each([[{ percent: 0 }], [{ percent: 101 }], [{ by: 'visitor' }], [{ percent: 5, by: 'cookie' }]])(
  'a sample that cannot be taken is refused: %j',
  (sample) => {
    expect(() => normalized({ sample })).toThrow(/shadow\.sample/);
  },
);
