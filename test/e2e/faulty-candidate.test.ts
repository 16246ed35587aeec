import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FigProcess } from '../support/fig-process.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('./fixtures/faulty.config.ts', import.meta.url));
const orders = 120;
let shop: ShopUnderFig;
let fig: FigProcess;
const expected = new Map<string, string>();

beforeAll(async () => {
  shop = await ShopUnderFig.create(orders);
  fig = await shop.startFig(2, config, { FAULT_FILE: join(shop.folder, 'fault') });
  await shop.untilReadModelReady(fig);
  for (let id = 9; id <= orders; id += 1) {
    const response = await fetch(`${shop.shopUrl}/api/orders/${id}`);
    expected.set(`/api/orders/${id}`, `${response.status} ${await response.text()}`);
  }
  expect(await fig.json('promote', 'orders', '--reads')).toMatchObject({ to: 'shadow' });
}, 120_000);

afterAll(async () => {
  await fig?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

async function setFault(fault: string): Promise<void> {
  if (fault === '') await rm(join(shop.folder, 'fault'), { force: true });
  else await writeFile(join(shop.folder, 'fault'), fault);
}

/** Asks a thousand questions of many visitors; every one must get legacy's very answer. */
async function ask(count = 1_000): Promise<void> {
  const targets = [...expected.keys()];
  const wrong: string[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let n = next++; n < count; n = next++) {
        const target = targets[n % targets.length]!;
        const response = await fetch(fig.proxy + target, { headers: { cookie: `shop_session=someone-${n % 40}` } });
        const answer = `${response.status} ${await response.text()}`;
        if (answer !== expected.get(target)) wrong.push(`${target}: ${answer.slice(0, 200)}`);
      }
    }),
  );
  expect(wrong).toEqual([]);
}

async function compared(): Promise<number> {
  const status = await fig.status();
  return status.shadow?.compared ?? 0;
}

async function stepTo(reads: string): Promise<void> {
  const client = await fig.client();
  for (;;) {
    const status = await fig.status();
    const now = status.features[0]!.reads;
    if (now === reads) return;
    const moved = await client.promote('orders', { who: 'the test', why: 'the test needs it', force: true });
    expect(moved.value.moved, moved.value.reason).toBe(true);
  }
}

test.each(['hang', 'throw', 'garbage', 'unsendable', 'spin', 'crash'])(
  'in shadow a candidate that does "%s" changes no answer',
  async (fault) => {
    await setFault(fault);
    await ask();
    await setFault('');
    await until('the shadow compares again', async () => {
      const before = await compared();
      await ask(20);
      return (await compared()) > before;
    });
  },
  120_000,
);

test.each([
  ['canary 50%', 'hang'],
  ['canary 50%', 'throw'],
  ['canary 50%', 'unsendable'],
  ['live', 'hang'],
  ['live', 'throw'],
  ['live', 'unsendable'],
])(
  'in %s a candidate that does "%s" changes no answer, and reads go back to shadow by themselves',
  async (reads, fault) => {
    await setFault('');
    await stepTo(reads);
    await until('the candidate serves', async () => {
      for (let n = 0; n < 20; n += 1) {
        const response = await fetch(`${fig.proxy}/api/orders/20`, { headers: { cookie: `shop_session=probe-${n}` } });
        await response.arrayBuffer();
        if (response.headers.get('x-fig-served-by') === 'candidate') return true;
      }
      return false;
    });
    await setFault(fault);
    await ask();
    await until('the gate has sent reads back', async () => {
      // Users go on asking. Of the first thousand the shadow may have had no budget for those that the candidate failed.
      await ask(20);
      const status = await fig.status();
      return status.features[0]!.reads === 'shadow';
    });
    await setFault('');
  },
  120_000,
);

test('why a candidate failed is in the log, and nobody whom its error quotes', () => {
  expect(fig.output).toContain('the candidate is broken for');
  expect(fig.output).not.toMatch(/Lovelace|ada@people/);
});
