import { expect, test } from 'vitest';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const normalized = (backfill?: object) =>
  normalizeConfig({ legacy: { url: 'http://legacy.internal' }, ...(backfill && { backfill }) }, 'fig.config.ts');

test('copying rests at four times the time per row, unless the config says otherwise', () => {
  expect(normalized().backfill).toEqual({ maxLoad: 4 });
  expect(normalized({ maxLoad: 1.5 }).backfill).toEqual({ maxLoad: 1.5 });
});

test.each([[{ maxLoad: 1 }], [{ maxLoad: '2' }], [{ load: 2 }]])(
  'refused with the key that is wrong: %j',
  (backfill) => {
    expect(() => normalized(backfill)).toThrow(/backfill/);
  },
);
