import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { StatusReport } from '../../src/app/control.ts';
import { linesOf } from '../../src/cli/read-lines.ts';
import { runFig } from '../support/fig-process.ts';
import { describeWithKafka } from '../support/kafka-server.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';
import { publishing, readCommitted } from '../sync/kafka/publish/published.ts';

const config = fileURLToPath(new URL('fixtures/domain-events.config.ts', import.meta.url));

describeWithKafka('the shop, whose cancelled orders are events', () => {
  test(
    'has a read model of them, tells others, and shows the event that nobody declared',
    { timeout: 120_000 },
    async () => {
      await using shop = await ShopUnderFig.create(50);
      const publish = await publishing();
      await using fig = await shop.startFig(2, config, { BROKER: publish.brokers[0], TOPIC: publish.topic });
      await shop.untilReadModelReady(fig);
      const count = async (): Promise<number> =>
        Number((await shop.target('rm_cancelled_orders_v1.cancelled_orders').count({ n: '*' }))[0]!['n']);
      const before = Number((await shop.legacy('orders').where({ status: 'cancelled' }).count({ n: '*' }))[0]!['n']);
      expect(before).toBeGreaterThan(0);
      expect(await count()).toBe(before);

      const [first, second] = await shop
        .legacy('orders')
        .whereNotIn('status', ['cancelled', 'shipped'])
        .orderBy('id')
        .limit(2);
      const looking = new AbortController();
      // Once there is an answer, everything is seen.
      const tail = await fetch(new URL('/events/tail?type=OrderCancelled', await fig.admin()), looking);
      await shop.legacy('orders').where({ id: first.id }).update({ status: 'cancelled' });
      await until('the read model has it', async () => (await count()) === before + 1);
      // What was cancelled before is history, which is not told.
      const read = await readCommitted(publish, String(first.id));
      expect(read.map(({ key, headers }) => [key, headers['ce_type'], headers['ce_source']])).toEqual([
        [String(first.id), 'OrderCancelled', '/events'],
      ]);
      for await (const line of linesOf(tail.body!)) {
        if (line === '{}') continue;
        const seen = { what: 'event', type: 'OrderCancelled', table: 'translation of public.orders' };
        expect(JSON.parse(line)).toMatchObject({ ...seen, key: expect.stringMatching(/^#[0-9a-f]{12}$/) });
        break;
      }
      looking.abort();
      expect(await runFig(fig.cwd, ['events', 'tail', '--type', 'OrderCanceled'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('did you mean "OrderCancelled"?'),
      });

      // Its answers are compared as any others, and gone are those that are deleted.
      const client = await fig.client();
      await client.promote('cancellations', { who: 'the test', why: 'the test' });
      await shop.legacy('order_items').where({ order_id: first.id }).delete();
      await shop.legacy('orders').where({ id: first.id }).delete();
      const status = async () => (await fig.status()).features[0]!;
      await until('answers agree', async () => {
        const answer = await fetch(`${fig.proxy}/api/stats/cancellations`);
        const counts = Object.values((await answer.json()) as Record<string, number>);
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(before);
        return (await status()).comparisons.match > 0;
      });
      expect((await status()).comparisons.mismatch).toBe(0);
      await until('the deleted one is gone', async () => (await count()) === before);

      await shop.legacy('orders').where({ id: second.id }).update({ status: 'shipped' });
      const store = shop.target('fig.dead_letter');
      await until('both letters are there', async () => (await store.clone().select('id')).length === 2);
      const told = await until('it is told what was published', async () => {
        const { events } = await fig.json<StatusReport>('status');
        if (events?.publishing?.position !== undefined && events.publishing.process) return events.publishing;
        throw new Error(JSON.stringify(events));
      });
      expect(told).toMatchObject({ topic: publish.topic, waiting: 0, deadLetters: 1, takeovers: 0 });
      expect(told.standsStill).toBeUndefined();
      const { letters } = await fig.json<{ letters: readonly Record<string, unknown>[] }>('dead-letters', 'list');
      for (const letter of letters) {
        expect(letter).toMatchObject({ source: 'domain event', sourceKey: [String(second.id)], code: 'UnknownEvent' });
      }
      expect(new Set(letters.map(({ feature }) => feature))).toEqual(new Set(['cancellations', 'published events']));
    },
  );
});
