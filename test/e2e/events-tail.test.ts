import { expect, test } from 'vitest';
import type { TailItem } from '../../src/app/tail/event-tail.ts';
import { runFig } from '../support/fig-process.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

test(
  'changes that go straight from legacy into the read model are shown while they are applied, without values',
  { timeout: 90_000 },
  async () => {
    await using shop = await ShopUnderFig.create(50);
    await using fig = await shop.startFig(2);
    await shop.untilReadModelReady(fig);
    const { order_id: id } = (await shop.legacy('order_items').first('order_id')) as { order_id: string };
    const ended = new AbortController();
    const shown: TailItem[] = [];
    const client = await fig.client();
    const following = (async () => {
      for await (const { value } of client.tail({ feature: 'orders', from: 'now' }, ended.signal)) shown.push(value);
    })();
    // It is told where it is waited for.
    following.catch(() => undefined);
    await until('a change is shown', async () => {
      await shop.legacy('orders').where({ id }).update({ note: 'for Ada only' });
      return shown.length > 0;
    });
    await shop.legacy('order_items').where({ order_id: id }).delete();
    await until('the delete is shown', () => shown.some((item) => 'type' in item && item.type === 'delete'));
    ended.abort();
    await following;
    expect(shown[0]).toMatchObject({ what: 'change', type: 'update', table: 'public.orders', key: id });
    expect(shown.at(-1)).toMatchObject({ type: 'delete', table: 'public.order_items' });
    expect(JSON.stringify(shown)).not.toContain('Ada');

    const past = await runFig(fig.cwd, ['events', 'tail', '--from', 'beginning']);
    expect(past).toMatchObject({ code: 2, stderr: expect.stringContaining('kept by nobody') });
    const unknown = await runFig(fig.cwd, ['events', 'tail', '--feature', 'nothing']);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('FIG_UNKNOWN_FEATURE') });
  },
);
