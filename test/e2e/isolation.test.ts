import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyEndpoint } from '../../examples/shop/every-endpoint.ts';
import type { StatusReport } from '../../src/app/control.ts';
import { FaultyShop } from '../support/faulty-shop.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { rawAnswer } from '../support/raw-answer.ts';
import type { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const reads = everyEndpoint.filter(
  ({ method, kind }) => method === 'GET' && (kind === 'buffered' || kind === 'stream'),
);
let world: FaultyShop;
let shop: ShopUnderFig;
let fig: FigProcess;

beforeAll(async () => {
  world = await FaultyShop.create();
  ({ shop, fig } = world);
}, 120_000);

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
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
    await world.break(fault);
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
    await world.mend();
  },
  120_000,
);
