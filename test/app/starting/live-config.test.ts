import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveSettings } from '../../../proxy/proxy-options.ts';
import { fixedDigest, LiveConfig } from '../../../src/app/starting/live-config.ts';
import { versionsOf } from '../../../src/config/feature-versions.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { allRules } from '../../../src/config/rule-list.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-live-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const feature = { name: 'orders', candidate: 'http://127.0.0.1:4000', routes: ['GET /orders/:id'] };
const written = (more: object): string => JSON.stringify({ legacy: { url: 'http://127.0.0.1:3000' }, ...more });

test.each([
  ['fig.config.mjs', (config: string) => `export default ${config};`],
  ['fig.config.ts', (config: string) => `const config: object = ${config};\nexport default config;`],
  ['fig.config.js', (config: string) => `module.exports = ${config};`],
])('%s is read again: rules of cutover are in force at once, other keys are refused', async (name, source) => {
  const file = join(folder, name);
  const write = (more: object): Promise<void> => writeFile(file, source(written(more)));
  const taken: LiveSettings[] = [];
  const proxy = { reconfigure: (settings: LiveSettings) => void taken.push(settings) };

  await write({ features: [feature] });
  const live = new LiveConfig(file, await loadConfig(file));
  const [orders] = live.features();
  expect(orders?.cutover.automatic).toBe(true);

  await write({ features: [{ ...feature, cutover: { reads: { automatic: false } } }], limits: { connections: 3 } });
  const { changed } = await live.reload(proxy);
  expect(changed).toEqual(['features.orders.cutover.automatic', 'limits.connections']);
  expect(orders?.cutover.automatic).toBe(false);
  expect(taken.map(({ limits }) => limits.connections)).toEqual([3]);

  await write({ features: [{ ...feature, candidateTimeoutMs: 5 }], visitor: { cookie: 'sid' } });
  await expect(live.reload(proxy)).rejects.toMatchObject({
    code: 'FIG_RELOAD_REFUSED',
    message: expect.stringContaining('features.orders.candidateTimeoutMs, visitor.cookie'),
  });
  expect(orders?.cutover.automatic).toBe(false);
  expect(taken).toHaveLength(1);
});

test('what rules say of themselves is read again, what they do needs a restart', async () => {
  const file = join(folder, 'fig.config.mjs');
  const write = (ignore: object[]): Promise<void> =>
    writeFile(file, `export default ${written({ features: [{ ...feature, compare: { ignore } }] })};`);
  const proxy = { reconfigure: () => undefined };
  await write([{ path: '$.etag', expires: '2026-01-31' }]);
  const before = await loadConfig(file);
  const live = new LiveConfig(file, before);
  const [orders] = versionsOf(live.features()[0]!);
  expect(allRules(orders!.compare)[0]).toMatchObject({ expires: '2026-01-31' });

  await write([{ path: '$.etag', expires: '2026-12-31', because: 'random' }]);
  expect(await live.reload(proxy)).toEqual({ changed: ['features.orders.compare.ignore'] });
  expect(allRules(orders!.compare)[0]).toMatchObject({ expires: '2026-12-31', because: 'random' });
  // A worker that starts now is one fig with those that have been running.
  expect(fixedDigest(await loadConfig(file))).toBe(fixedDigest(before));

  await write([{ path: '$.id', expires: '2026-12-31' }]);
  await expect(live.reload(proxy)).rejects.toMatchObject({
    code: 'FIG_RELOAD_REFUSED',
    message: expect.stringContaining('features.orders.compare.ignore, features.orders.fingerprint'),
  });
  expect(allRules(orders!.compare)[0]).toMatchObject({ path: '$.etag' });
  expect(fixedDigest(await loadConfig(file))).not.toBe(fixedDigest(before));
});
