import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { FigProcess, runFig } from '../support/fig-process.ts';
import { runSql } from '../support/postgres-server.ts';
import { createStoreDatabase, createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const page = new URL('../../docs/first-feature.md', import.meta.url);
const id = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
/** As legacy would answer for the rows below. */
const order = {
  order_id: id,
  status: 'paid',
  customer: 'Ada',
  tags: ['a', 'größe "1"'],
  total: '12.75',
  placed_at: '2026-01-01T10:00:00.000Z',
};

test('the first feature of the docs passes preflight, is built, and answers what legacy does, also after changes', async () => {
  await using legacy = await createTestDatabase();
  await using store = await createStoreDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'fig-first-'));
  let status = 'paid';
  const app = createServer((request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    const answer = { ...order, status };
    response.end(JSON.stringify(request.url === '/api/orders' ? [answer] : answer));
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const env = { LEGACY_DATABASE_URL: legacy.url, FIG_DATABASE_URL: store.url };
  const { port } = app.address() as AddressInfo;
  await runSql(legacy.url, ...(await blocks('sql')));
  await runSql(
    legacy.url,
    `INSERT INTO customers VALUES (7, 'Ada')`,
    `INSERT INTO orders VALUES ('${id}', 7, 'paid', ARRAY['a', 'größe "1"'], '2026-01-01 10:00:00+00')`,
    `INSERT INTO order_lines VALUES ('${id}', 1, 'A', 2.50), ('${id}', 2, 'B', 10.25)`,
  );
  const [config, feature] = await blocks('ts');
  await writeFile(
    join(folder, 'fig.config.ts'),
    config!
      .replace('listen: { port: 8080 }', 'listen: { port: 0 }, admin: { port: 0 }')
      .replace('127.0.0.1:3000', `127.0.0.1:${port}`),
  );
  await writeFile(join(folder, 'orders.ts'), feature!);
  try {
    await using fig = FigProcess.run(folder, ['up'], 0, env);
    expect((await runFig(folder, ['preflight'], env)).stdout).toContain('Capture can start');
    await fig.ready();
    const orders = async (): Promise<StatusReport['features'][number]> => (await fig.status()).features[0]!;
    await until('the read model is built', async () => (await orders()).readModel?.state === 'ready', 60_000);
    expect((await runFig(folder, ['promote', 'orders', '--reads'], env)).stdout).toContain('legacy -> shadow');
    const { proxy } = (await fig.status()).addresses;
    const compared = async (path: string): Promise<void> => {
      const { match } = (await orders()).comparisons;
      await fetch(`${proxy}${path}`);
      await until(`${path} agrees`, async () => (await orders()).comparisons.match > match, 60_000);
    };
    await compared(`/api/orders/${id}`);
    await compared('/api/orders');
    await runSql(legacy.url, `UPDATE orders SET status = 'shipped'`);
    status = 'shipped';
    await compared(`/api/orders/${id}`);
    const rows = await runSql(store.url, 'SELECT status, total, tags FROM rm_order_summary_v1.order_summary');
    expect(rows).toEqual([{ status: 'shipped', total: '12.75', tags: order.tags }]);
    expect(await fig.stop()).toBe(0);
  } finally {
    app.close();
    await rm(folder, { recursive: true, force: true });
  }
});

async function blocks(language: string): Promise<readonly string[]> {
  const text = await readFile(page, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code]) => code!);
}
