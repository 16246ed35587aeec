import { expect, test } from 'vitest';
import { gateHealth, readModelStatus } from '../../src/app/gate-health.ts';
import { readModelView } from '../../src/app/read-model-view.ts';
import { SimpleReadModels } from '../../src/app/simple-read-models.ts';
import { allVersions } from '../../src/config/feature-versions.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { describeWithKafka } from '../support/kafka-server.ts';
import { until } from '../support/until.ts';
import { isBroken, sumModel, types } from '../sync/kafka/domain-events/sum-model.ts';
import { cloud, paid, topicWorld } from '../sync/kafka/domain-events/topic-world.ts';

describeWithKafka('a feature whose read model is made of a topic', () => {
  test('is routed by time, shows how far it is, and leaves to legacy what waits', async () => {
    await using world = await topicWorld();
    const { topic, access } = world;
    const config = normalizeConfig(
      {
        legacy: { url: 'http://legacy.internal' },
        domainEvents: {
          types: Object.fromEntries(types),
          topics: [{ topic, format: 'cloudevents', brokers: access.brokers }],
        },
        features: [{ name: 'accounts', readModel: sumModel(topic), queries: { 'GET /accounts': () => undefined } }],
      },
      'fig.config.ts',
    );
    const parked: string[] = [];
    const simple = new SimpleReadModels({
      config,
      storeUrl: world.storeUrl,
      capture: undefined,
      onProgress: () => undefined,
      onPosition: () => undefined,
      onParked: (feature, parkings) => parked.push(`${feature} ${String(parkings)}`),
      log: silentLog,
    });
    try {
      const [feature] = config.features;
      const view = readModelView(allVersions(config.features), undefined, simple);
      await simple.untilSettled(AbortSignal.timeout(20_000));
      expect(view.isReady('accounts')).toBe(true);
      // Who takes it over from a process that stands still ends what that has open by this name.
      const { rows } = await world.target.raw(
        `SELECT 1 FROM fig.seat s JOIN pg_stat_activity a ON a.application_name LIKE '%' || s.process::text WHERE s.office = 'events'`,
      );
      expect(rows).not.toHaveLength(0);
      // Writes are ordered by steps of the store, as for what is loaded in batches.
      const written = await simple.followed!.source.read();
      expect(simple.followed?.sourceLog()).toBe('store');
      expect(await view.applied('accounts')?.waitFor(written, 10_000)).toBe(true);
      expect(readModelStatus(feature!, undefined, simple)).toMatchObject({
        state: 'ready',
        deadLetters: 0,
        topics: { behind: 0, repeats: 0, isOwner: true },
      });
      isBroken.now = true;
      await world.send(cloud(paid('a', 1, { type: 'Refused' })));
      await until('it is parked', () => view.letters('accounts').parked.join() === 'a');
      expect(parked).toEqual(['accounts 1']);
      expect(gateHealth(feature!, undefined, simple)).toMatchObject({ readModelReady: true, deadLetters: 1 });
    } finally {
      await simple.stop();
    }
  });
});
