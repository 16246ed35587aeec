import { expect, test } from 'vitest';
import { describeTransport } from '../../../src/app/transport/describe-transport.ts';
import type { SeenWork } from '../../../src/store/transport-work-store.ts';

const security = { tls: undefined, sasl: undefined };
const kafka = {
  via: 'kafka' as const,
  brokers: ['b:1'],
  topic: 'fig.shop.changes',
  partitions: 1,
  createTopic: true,
  replicationFactor: undefined,
  security,
};
const debezium = {
  via: 'debezium' as const,
  brokers: ['b:1'],
  prefix: 'shop',
  connector: 'postgresql' as const,
  settings: {},
  landing: undefined,
  database: undefined,
  settleMs: undefined,
  security,
};
const figuresOfReader = {
  lagMessages: 3,
  lagSeconds: 0.4,
  lagBytes: 120,
  partitions: [{ topic: 't', partition: 0, next: 7, end: 10 }],
};

function told(work: SeenWork['work'], name: string, over: Partial<SeenWork> = {}): SeenWork {
  const since = '2026-01-01T00:00:00.000Z';
  return { work, name, process: 'p', host: 'a', pid: 1, since, silentMs: 10, takeovers: 0, figures: {}, ...over };
}

const leads = { epoch: 7, written: '0/10', changes: 5, messages: 4, bytes: 300 };

test('each read model has the process that applies it, and one that nobody applies says so', () => {
  const status = describeTransport(
    kafka,
    ['orders_v1', 'items_v1', 'new_v1'],
    [
      told('read-model', 'orders_v1', { host: 'a', figures: figuresOfReader }),
      told('read-model', 'items_v1', { host: 'b', takeovers: 2, silentMs: Infinity, figures: figuresOfReader }),
    ],
  );
  expect(status.readModels).toMatchObject([
    { readModel: 'orders_v1', process: { host: 'a', pid: 1 }, lagMessages: 3, lagSeconds: 0.4, lagBytes: 120 },
    { readModel: 'items_v1', process: undefined, takeovers: 2, lagMessages: undefined, partitions: [] },
    { readModel: 'new_v1', process: undefined, takeovers: 0 },
  ]);
});

test('a leader that has not been heard of for long leads no more, and those that wait are listed', () => {
  const waits = told('process', 'q', { host: 'b', figures: { topics: [], writer: { state: 'standby' } } });
  const leader = told('leader', 'leader', { takeovers: 1, figures: leads });
  const led = describeTransport(kafka, [], [leader, waits]);
  expect(led).toMatchObject({
    leader: { host: 'a', epoch: 7, written: '0/10', changes: 5 },
    leaderTakeovers: 1,
    standby: [{ host: 'b', state: 'standby' }],
  });
  const lost = describeTransport(kafka, [], [{ ...leader, silentMs: 60_000 }, waits]);
  expect(lost).toMatchObject({ leader: undefined, leaderTakeovers: 1, standby: [{ host: 'b' }] });
});

test('the topic is as whoever can see it says, and that the brokers do not answer is told', () => {
  const topic = {
    topic: 't',
    replicas: 3,
    inSync: 2,
    retentionSeconds: 60,
    partitions: [{ partition: 0, end: 9, messages: 4 }],
  };
  const blind = told('process', 'a', { figures: { topics: [], brokersError: 'no broker answers' } });
  const seeing = told('process', 'b', { figures: { topics: [topic] } });
  expect(describeTransport(kafka, [], [blind, seeing])).toMatchObject({
    topics: [{ topic: 't', messages: 4, inSync: 2 }],
    brokersError: 'no broker answers',
  });
});

test('figures of another version that cannot be read are passed over', () => {
  const told7 = [
    told('leader', 'leader', { figures: { number: 7 } }),
    told('process', 'p', { figures: { topics: 'none' } }),
    told('read-model', 'orders_v1', { figures: [] }),
  ];
  expect(describeTransport(kafka, ['orders_v1'], told7)).toMatchObject({
    leader: undefined,
    standby: [],
    topics: [],
    readModels: [{ process: undefined }],
  });
});

test('with debezium the connector is told, and how many transactions wait for the rest of them', () => {
  const joins = told('process', 'p', { figures: { topics: [], joining: { waiting: 2, silentSeconds: 1.5 } } });
  expect(describeTransport(debezium, [], [joins]).connector).toEqual({
    connector: 'postgresql',
    prefix: 'shop',
    waitingTransactions: 2,
    silentSeconds: 1.5,
  });
});
