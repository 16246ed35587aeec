import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runFig, type FigProcess } from '../support/fig-process.ts';
import { describeWithKafka, sharedKafka } from '../support/kafka-server.ts';
import { ShopUnderFig } from '../support/shop-under-fig.ts';
import { ShopVisitor } from '../support/shop-visitor.ts';
import { until } from '../support/until.ts';
import { PostgresConnector } from '../sync/kafka/debezium/postgres-connector.ts';
import { rightProperties } from '../sync/kafka/debezium/right-properties.ts';

const config = fileURLToPath(new URL('fixtures/debezium.config.ts', import.meta.url));

/** Forces the reads on until they are live. */
async function goLive(fig: FigProcess): Promise<void> {
  const client = await fig.client();
  await until(
    'reads are live',
    async () => {
      if ((await client.status()).value.features[0]!.reads === 'live') return true;
      const { value } = await client.promote('orders', { who: 'the test', why: 'the test', force: true });
      throw new Error(value.reason);
    },
    60_000,
  );
}

async function untilFromReadModel(fig: FigProcess, visitor: ShopVisitor, id: string): Promise<void> {
  await until(
    'reads are served from the read model',
    async () => {
      const { servedBy } = await visitor.ask(fig.proxy, 'GET', `/api/orders/${id}`);
      if (servedBy === 'candidate') return true;
      throw new Error(`${String(servedBy)} ${fig.output.slice(-1_000)}`);
    },
    60_000,
  );
}

describeWithKafka('the shop, with its changes from a Debezium connector', () => {
  test(
    'serves what was written from the read model, and from legacy while the connector stands still, which fig status tells',
    { timeout: 240_000 },
    async () => {
      await using shop = await ShopUnderFig.create(300);
      await shop.legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
      await using connector = await PostgresConnector.start(shop.legacyUrl, 'everything', rightProperties);
      const env = { FIG_KAFKA_BROKERS: await sharedKafka(), FIG_DEBEZIUM_PREFIX: connector.prefix };
      await using fig = await shop.startFig(2, config, env);
      await shop.untilReadModelReady(fig);
      await goLive(fig);

      const ids: string[] = await shop
        .legacy('orders')
        .whereIn('status', ['draft', 'placed', 'paid'])
        .orderBy('id')
        .limit(6)
        .pluck('id');
      const visitor = await ShopVisitor.login(fig.proxy);
      const writeAndRead = async (note: string): Promise<number> => {
        let fromReadModel = 0;
        for (const id of ids) {
          const body = { note: `${note} ${id}` };
          expect(await visitor.ask(fig.proxy, 'PATCH', `/api/orders/${id}`, body)).toMatchObject({ status: 200 });
          const read = await visitor.ask(fig.proxy, 'GET', `/api/orders/${id}`);
          expect(read.body).toMatchObject(body);
          if (read.servedBy === 'candidate') fromReadModel += 1;
        }
        return fromReadModel;
      };
      await untilFromReadModel(fig, visitor, ids[0]!);
      expect(await writeAndRead('first')).toBeGreaterThan(0);

      await connector.pause();
      expect(await writeAndRead('while the connector stands still')).toBe(0);
      await until('everybody is served from legacy', async () => {
        const response = await fetch(`${fig.proxy}/api/orders/${ids[0]}`);
        const { note } = (await response.json()) as { note: string };
        return response.headers.get('x-fig-served-by') === null && note.startsWith('while');
      });
      await until('fig status tells how far behind it is', async () => {
        const { stdout } = await runFig(fig.cwd, ['status']);
        const [, seconds] = /capture +\S+, (\d+)\S* ?s behind/.exec(stdout) ?? [];
        if (Number(seconds) >= 3) return true;
        throw new Error(stdout);
      });

      await connector.resume();
      await untilFromReadModel(fig, visitor, ids[0]!);
      expect(await writeAndRead('after')).toBeGreaterThan(0);
      expect(await fig.stop()).toBe(0);
    },
  );
});
