import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const normalized = (capture?: object) =>
  normalizeConfig({ legacy: { url: 'http://legacy.internal' }, ...(capture && { capture }) }, 'fig.config.ts').capture;

test('changes are applied at once, 4,000 rows or 4 MB at a time, unless the config says otherwise', () => {
  expect(normalized()).toEqual({
    batch: { rows: 4_000, bytes: 4 * 1024 ** 2, waitMs: 0 },
    spool: { folder: tmpdir(), maxBytes: 20 * 1024 ** 3 },
    maxBehindBytes: 1024 ** 3,
  });
  expect(
    normalized({
      batch: { rows: 500, bytes: '64kB', wait: '2s' },
      spool: { folder: '/var/spool/fig', limit: '2TB' },
      maxBehind: '300MB',
    }),
  ).toEqual({
    batch: { rows: 500, bytes: 64 * 1024, waitMs: 2_000 },
    spool: { folder: '/var/spool/fig', maxBytes: 2 * 1024 ** 4 },
    maxBehindBytes: 300 * 1024 ** 2,
  });
});

test.each([
  [{ batch: { rows: 0 } }, /capture\.batch\.rows/],
  [{ batch: { bytes: '8 MB' } }, /capture\.batch\.bytes/],
  [{ batch: { bytes: '2GB' } }, /capture\.batch\.bytes: at most/],
  [{ batch: { wait: '11s' } }, /capture\.batch\.wait: at most/],
  [{ batch: { wait: 50 } }, /capture\.batch\.wait/],
  [{ spool: { limit: 1_000 } }, /capture\.spool\.limit/],
  [{ spool: { folder: '' } }, /capture\.spool\.folder/],
  [{ maxBehind: '0GB' }, /capture\.maxBehind: an amount/],
  [{ maxLag: '1GB' }, /capture/],
])('refused with the key that is wrong: %j', (capture, message) => {
  expect(() => normalized(capture)).toThrow(message);
});
