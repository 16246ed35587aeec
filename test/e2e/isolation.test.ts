import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyEndpoint } from '../../examples/shop/every-endpoint.ts';
import type { StatusReport } from '../../src/app/control.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { rawAnswer } from '../support/raw-answer.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/faulty.config.ts', import.meta.url));
const reads = everyEndpoint.filter(
  ({ method, kind }) => method === 'GET' && (kind === 'buffered' || kind === 'stream'),
);
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  shop = await ShopUnderFig.create(60);
  fig = await shop.startFig(2, config, { FAULT_FILE: join(shop.folder, 'fault') });
  await shop.untilReadModelReady(fig);
  expect(await fig.json('promote', 'orders', '--reads')).toMatchObject({ to: 'shadow' });
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

async function shadow(): Promise<NonNullable<StatusReport['shadow']>> {
  return (await fig.status()).shadow!;
}

/** A question that is compared, so that what is wrong with the candidate happens to the worker. */
async function browse(): Promise<void> {
  await (await fetch(`${fig.proxy}/api/orders/20`)).arrayBuffer();
}

test.each([
  ['its loop is blocked', 'block', true],
  ['it spins', 'spin', true],
  ['it is killed', 'exit', true],
  ['it runs out of memory', 'heap', true],
  ['the candidate hangs', 'hang', false],
])(
  'users get every byte that legacy sends while the worker is in trouble: %s',
  async (_, fault, isReplaced) => {
    const before = await until('the worker compares', async () => {
      const { compared, workerRestarts } = await shadow();
      await browse();
      return (await shadow()).compared > compared ? { workerRestarts } : undefined;
    });
    await writeFile(join(shop.folder, 'fault'), fault);
    let rounds = 0;
    await until(
      'the trouble has come and gone',
      async () => {
        await browse();
        for (const endpoint of reads) {
          expect(await rawAnswer(fig.proxy, endpoint), endpoint.name).toEqual(await rawAnswer(shop.shopUrl, endpoint));
        }
        rounds += 1;
        const { workerRestarts } = await shadow();
        return isReplaced ? workerRestarts > before.workerRestarts : rounds >= 5;
      },
      60_000,
    );
    await rm(join(shop.folder, 'fault'), { force: true });
  },
  120_000,
);
