import { expect, test } from 'vitest';
import { z } from 'zod';
import { capturedModels } from '../../src/app/following/captured-models.ts';
import { checkConfig } from '../../src/app/preflight/check-config.ts';
import { readModelFingerprint } from '../../src/config/fingerprint.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const publish = { topic: 'shop.events', format: 'cloudevents', brokers: ['one:9092'] };
const config = (database?: string, more: object = {}) =>
  normalizeConfig(
    {
      legacy: { url: 'http://127.0.0.1:3000', database },
      domainEvents: { types: { Paid: z.object({}) }, translate: { payments: () => undefined }, publish, ...more },
    },
    'fig.config.ts',
  );

const fingerprint = (more: object): string =>
  readModelFingerprint(capturedModels(config('postgres://legacy', more))[0]!);

test('what is published is captured, also where no feature is', () => {
  const [model, ...others] = capturedModels(config('postgres://legacy'));
  expect(others).toEqual([]);
  expect(model).toMatchObject({ name: 'fig_published', sources: { payments: { key: 'id' } } });
});

test('nothing can be published without the log of the legacy database', () => {
  expect(() => checkConfig(config(), 'fig.config.ts')).toThrow(/legacy\.database is missing, from whose log/);
  expect(() => checkConfig(config('postgres://legacy'), 'fig.config.ts')).not.toThrow();
});

test('another translation or type does not have everything copied anew, another table does', () => {
  const same = fingerprint({});
  const type = 'Paid';
  expect(fingerprint({ translate: { payments: () => ({ type, key: 1, data: {} }) } })).toBe(same);
  expect(fingerprint({ types: { Paid: z.string(), Refunded: z.string() } })).toBe(same);
  expect(fingerprint({ translate: { payments: () => undefined, orders: () => undefined } })).not.toBe(same);
});
