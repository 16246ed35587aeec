import { expect, test } from 'vitest';
import { publishedModel } from '../../../../src/app/following/published-model.ts';
import { rememberedIds } from '../../../../src/app/following/start-publisher.ts';
import { EventTypes } from '../../../../src/config/event-types.ts';
import type { NormalizedPublish } from '../../../../src/config/normalized-publish.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { DeadLetterStore } from '../../../../src/store/dead-letter-store.ts';
import { OutgoingEventStore } from '../../../../src/store/outgoing-event-store.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { EventPublisher } from '../../../../src/sync/kafka/publish/event-publisher.ts';
import { PublishedIds } from '../../../../src/sync/kafka/publish/published-ids.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { heardSchema, outbox, types } from '../../domain-events/heard-model.ts';
import { setupSync } from '../../fixtures.ts';
import { publishing, readCommitted } from './published.ts';

const message = (key: string) => ({ key, value: '1', headers: {} });

describeWithKafka('publishing', () => {
  test('events of the outbox and of translations go out once, also when all is given again, and unfit ones do not', async () => {
    await using setup = await setupSync();
    const { legacy, target, targetUrl } = setup;
    await legacy.raw(heardSchema);
    await legacy.raw(`INSERT INTO jobs VALUES (1, 'done')`);
    await legacy.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('JobDone', 'x', '{"n": 1}')`);
    const publish = await publishing('debezium-outbox');
    const whole: NormalizedPublish = {
      ...publish,
      history: false,
      domainEvents: {
        types: new EventTypes(types),
        outbox,
        translate: { jobs: ({ after }) => after && { type: 'JobDone', key: String(after['id']), data: { n: 0 } } },
      },
    };
    const model = publishedModel(whole);
    const remembered = rememberedIds({ features: [], publish: whole }, whole);
    const first = setup.startCapture({ readModels: [model] });
    const position = async (): Promise<void> => {
      await first.untilReady(AbortSignal.timeout(20_000));
      const at = await first.source.read();
      first.source.nudge();
      expect(await first.applied('fig_published')!.waitFor(at, 20_000)).toBe(true);
    };
    await position();
    await legacy.raw(`UPDATE jobs SET state = 'open'`);
    await legacy.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('JobLost', 'y', '{}')`);
    await position();
    expect(await new DeadLetterStore().list(target)).toMatchObject([{ source: 'domain event', sourceKey: ['y'] }]);
    await first.stop();
    // What is stored belongs to another definition now, so all is given again.
    const again = { ...model, key: 'other' };
    const second = setup.startCapture({ readModels: [again] });
    await second.untilReady(AbortSignal.timeout(20_000));
    await legacy.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('JobFailed', 'end', '{"why": "end"}')`);
    const publisher = new EventPublisher({
      publish,
      migration: publish.topic,
      storeUrl: targetUrl,
      target,
      log: silentLog,
    });
    const read = await readCommitted(publish);
    await until('the queue is empty', async () => (await target('fig.outgoing_event').first('number')) === undefined);
    await publisher.stop();
    expect(Object.fromEntries(read.map(({ key, value }) => [key, value]))).toEqual({
      1: { n: 0 },
      end: { why: 'end' },
      x: { n: 1 },
    });
    expect(read).toHaveLength(3);
    expect(read.find(({ key }) => key === 'end')!.headers).toMatchObject({
      eventType: 'JobFailed',
      aggregateType: 'test',
    });
    const state = await new OutgoingEventStore().state(target);
    expect(state).toMatchObject({ waiting: 0, oldestMs: undefined, position: expect.any(BigInt) });

    // Of what can come again no id is forgotten, so nothing is published twice.
    const ids = new PublishedIds({ ...remembered, target, keepMs: 0, everyMs: 0 });
    const applied = async (statement: string): Promise<void> => {
      await legacy.raw(statement);
      const at = await second.source.read();
      second.source.nudge();
      expect(await second.applied('fig_published')!.waitFor(at, 20_000)).toBe(true);
    };
    const known = async (): Promise<number> => (await target('fig.published_id').select('event_id')).length;
    expect(await known()).toBe(3);
    await ids.forget(new AbortController().signal);
    expect(await known()).toBe(3);
    await applied(`DELETE FROM outbox WHERE about = 'end'`);
    await ids.forget(new AbortController().signal);
    // The row of `x` still stands.
    expect(await known()).toBe(1);
    await second.stop();
    const third = setup.startCapture({ readModels: [{ ...model, key: 'third' }] });
    await third.untilReady(AbortSignal.timeout(20_000));
    expect((await new OutgoingEventStore().state(target)).waiting).toBe(0);
  });

  test('one that was replaced can write no more, the next knows what it has written and writes more than brokers take at once', async () => {
    const { topic, brokers, security } = await publishing();
    const kafka = new KafkaConnection({ brokers, security }, silentLog);
    const identity = { transactionalId: topic, group: topic, topic };
    // The brokers make their topic of groups for the first who asks.
    const open = () => until('the brokers answer', () => kafka.transactionalProducer(identity));
    await using one = await open();
    expect(one.written).toBeUndefined();
    await one.write([message('a')], 7n);
    await using two = await open();
    expect(two.written).toBe(7n);
    await expect(one.write([message('b')], 8n)).rejects.toThrow();
    const large = Array.from({ length: 12 }, () => ({ ...message('large'), value: `"${'x'.repeat(100_000)}"` }));
    await two.write([...large, message('end')], 9n);
    const read = await readCommitted({
      topic,
      brokers,
      security,
      format: 'cloudevents',
      source: '',
      aggregateType: '',
    });
    expect(read.map(({ key }) => key).toSorted()).toEqual(['a', 'end', ...large.map(({ key }) => key)].toSorted());
  });
});
