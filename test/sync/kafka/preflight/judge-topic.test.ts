import { expect, test } from 'vitest';
import type { TopicDescription } from '../../../../src/sync/kafka/client/kafka-admin.ts';
import { judgeTopic } from '../../../../src/sync/kafka/preflight/judge-topic.ts';
import { topicToCreate } from '../../../../src/sync/kafka/preflight/topic-to-create.ts';

const demand = {
  brokers: ['kafka-1:9092', 'kafka-2:9092'],
  topic: 'fig.shop.changes',
  partitions: 1,
  createTopic: true,
  replicationFactor: undefined,
};

/** As fig makes it on three brokers. */
function made(settings: Readonly<Record<string, string>> = {}, replicas = [1, 2, 3], count = 1): TopicDescription {
  const partitions = Array.from({ length: count }, (_, partition) => ({
    partition,
    leader: 1,
    replicas,
    inSync: replicas,
  }));
  return { partitions, settings: new Map(Object.entries({ ...topicToCreate(demand, 3).settings, ...settings })) };
}

test('nothing stands against the topic that fig makes', () => {
  expect(judgeTopic(demand, { topic: made(), brokers: 3 })).toEqual([]);
});

test.each([
  ['topic-partitions', 'error', made({}, [1, 2, 3], 4)],
  ['topic-compacted', 'error', made({ 'cleanup.policy': 'compact' })],
  ['topic-compacted', 'error', made({ 'cleanup.policy': 'compact,delete' })],
  ['topic-retention', 'error', made({ 'retention.ms': '3599999' })],
  ['topic-retention', 'warning', made({ 'retention.ms': '3600000' })],
  ['topic-retention', 'warning', made({ 'retention.ms': '259199999' })],
  ['topic-retention-bytes', 'warning', made({ 'retention.bytes': '1073741824' })],
  ['topic-message-size', 'error', made({ 'max.message.bytes': '655359' })],
  ['topic-compression', 'error', made({ 'compression.type': 'zstd' })],
  ['topic-replication', 'warning', made({ 'min.insync.replicas': '1' }, [1])],
  ['topic-in-sync', 'warning', made({ 'min.insync.replicas': '1' })],
  ['topic-unclean-election', 'warning', made({ 'unclean.leader.election.enable': 'true' })],
] as const)('%s is a finding: %s', (id, severity, topic) => {
  const findings = judgeTopic(demand, { topic, brokers: 3 });
  expect(findings.map((finding) => [finding.id, finding.severity])).toEqual([[id, severity]]);
});

test('what is kept for ever, or for long enough, is no finding', () => {
  for (const retention of ['-1', '259200000']) {
    expect(judgeTopic(demand, { topic: made({ 'retention.ms': retention }), brokers: 3 })).toEqual([]);
  }
});

test('a remedy is a command that can be run as it stands', () => {
  const [finding] = judgeTopic(demand, { topic: made({ 'cleanup.policy': 'compact' }), brokers: 3 });
  expect(finding!.remedy).toBe(
    'kafka-configs.sh --bootstrap-server kafka-1:9092,kafka-2:9092 --alter --entity-type topics --entity-name fig.shop.changes --add-config cleanup.policy=delete',
  );
});

test('a partition without a leader is a finding', () => {
  const { partitions, settings } = made();
  const topic = { settings, partitions: partitions.map((each) => ({ ...each, leader: undefined })) };
  expect(judgeTopic(demand, { topic, brokers: 3 })).toMatchObject([{ id: 'topic-leader', severity: 'error' }]);
});

test('a missing topic will be made, or else the command that makes it is told', () => {
  expect(judgeTopic(demand, { topic: undefined, brokers: 3 })).toMatchObject([
    { id: 'topic-missing', severity: 'info' },
  ]);
  expect(judgeTopic({ ...demand, createTopic: false }, { topic: undefined, brokers: 3 })).toMatchObject([
    {
      severity: 'error',
      remedy: expect.stringMatching(
        /^kafka-topics\.sh --bootstrap-server kafka-1:9092,kafka-2:9092 --create --topic fig\.shop\.changes --partitions 1 --replication-factor 3 .*--config cleanup\.policy=delete/,
      ),
    },
  ]);
});

const replicas = (brokers: number, replicationFactor?: number): number =>
  topicToCreate({ ...demand, replicationFactor }, brokers).replicationFactor;

test('the topic has as many replicas as there are brokers, three at most, or as many as configured', () => {
  expect([replicas(1), replicas(2), replicas(3), replicas(9), replicas(9, 5)]).toEqual([1, 2, 3, 3, 5]);
});
