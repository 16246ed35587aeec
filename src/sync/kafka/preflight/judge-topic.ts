import type { NormalizedKafkaEvents } from '../../../config/events-definition.ts';
import type { Finding, FindingId, Severity } from '../../postgres/preflight/finding.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';
import { alterTopic } from './alter-topic.ts';
import { judgeCompression } from './judge-compression.ts';
import { topicToCreate } from './topic-to-create.ts';

const HOUR_MS = 60 * 60_000;
/** Below, a reader that stands still for a coffee has to be built again. */
const LEAST_RETENTION_MS = HOUR_MS;
/** A weekend, and then somebody has to look. */
const SAFE_RETENTION_MS = 72 * HOUR_MS;
/** Large transactions are cut into pieces of 512 KiB, to which keys, headers and the batch around them come. */
const LEAST_MESSAGE_BYTES = 640 * 1024;

export interface TopicFacts {
  /** Undefined: there is no such topic. */
  readonly topic: TopicDescription | undefined;
  /** How many brokers there are. */
  readonly brokers: number;
}

type Demand = Pick<NormalizedKafkaEvents, 'brokers' | 'topic' | 'partitions' | 'createTopic' | 'replicationFactor'>;

/** Pure: whether the topic can carry changes, and whether it could forget any. Kafka 4.1, "Topic Configs". */
export function judgeTopic(demand: Demand, { topic, brokers }: TopicFacts): readonly Finding[] {
  if (topic === undefined) return [judgeMissing(demand, brokers)];
  const findings: Finding[] = [];
  const find = (id: FindingId, severity: Severity, problem: string, remedy: string): void => {
    findings.push({ id, severity, subject: demand.topic, problem, remedy });
  };
  const number = (name: string): number => Number(topic.settings.get(name));
  const alter = (setting: string): string => alterTopic(demand.brokers, demand.topic, setting);

  const count = topic.partitions.length;
  if (count !== demand.partitions) {
    const problem = `has ${String(count)} partitions, and ${String(demand.partitions)} are configured: the order of commits would be lost`;
    find(
      'topic-partitions',
      'error',
      problem,
      'Name another topic in events.topic, or delete this one if it is not used.',
    );
  }
  if (topic.settings.get('cleanup.policy')?.includes('compact') === true) {
    const problem = 'is compacted: of several changes of a key it would keep only the last';
    find('topic-compacted', 'error', problem, alter('cleanup.policy=delete'));
  }
  const retention = number('retention.ms');
  if (retention >= 0 && retention < SAFE_RETENTION_MS) {
    const severity = retention < LEAST_RETENTION_MS ? 'error' : 'warning';
    const problem = `keeps messages for ${hours(retention)}: whatever stands still for longer has to be built again`;
    find('topic-retention', severity, problem, alter(`retention.ms=${String(7 * 24 * HOUR_MS)}`));
  }
  const bytes = number('retention.bytes');
  if (bytes >= 0) {
    const problem = `keeps at most ${String(bytes)} bytes: many changes at once remove those that were not read yet`;
    find('topic-retention-bytes', 'warning', problem, alter('retention.bytes=-1'));
  }
  const largest = number('max.message.bytes');
  if (largest < LEAST_MESSAGE_BYTES) {
    const problem = `takes messages of ${String(largest)} bytes at most, and pieces of large transactions have up to ${String(LEAST_MESSAGE_BYTES)}`;
    find('topic-message-size', 'error', problem, alter('max.message.bytes=1048588'));
  }
  findings.push(...judgeCompression(demand.brokers, demand.topic, topic));
  const replicas = Math.min(...topic.partitions.map((partition) => partition.replicas.length));
  if (replicas < 2) {
    const problem = 'is on one broker only: if its disk is lost, so are the changes that were not read';
    find(
      'topic-replication',
      'warning',
      problem,
      'Make it with a replication factor of 3, or reassign its partitions.',
    );
  } else if (number('min.insync.replicas') < 2) {
    const problem = 'acknowledges what a single broker has: if that is lost before it is copied, so is a change';
    find('topic-in-sync', 'warning', problem, alter('min.insync.replicas=2'));
  }
  if (topic.settings.get('unclean.leader.election.enable') === 'true') {
    const problem = 'lets a broker lead that does not have all: changes that were acknowledged could be lost';
    find('topic-unclean-election', 'warning', problem, alter('unclean.leader.election.enable=false'));
  }
  const without = topic.partitions.filter(({ leader }) => leader === undefined).map(({ partition }) => partition);
  if (without.length > 0) {
    const problem = `has no leader for partition ${without.join(', ')} at the moment`;
    find('topic-leader', 'error', problem, 'Start the brokers that have it.');
  }
  return findings;
}

function judgeMissing(demand: Demand, brokers: number): Finding {
  const { partitions, replicationFactor, settings } = topicToCreate(demand, brokers);
  const config = Object.entries(settings).map(([name, value]) => `--config ${name}=${value}`);
  const command = [
    `kafka-topics.sh --bootstrap-server ${demand.brokers.join(',')} --create`,
    `--topic ${demand.topic} --partitions ${String(partitions)}`,
    `--replication-factor ${String(replicationFactor)}`,
    ...config,
  ].join(' ');
  const finding = { id: 'topic-missing', subject: demand.topic } as const;
  return demand.createTopic
    ? { ...finding, severity: 'info', problem: 'does not exist yet and will be made', remedy: 'Nothing to do.' }
    : { ...finding, severity: 'error', problem: 'does not exist, and events.createTopic is false', remedy: command };
}

function hours(ms: number): string {
  return ms < HOUR_MS ? `${String(Math.round(ms / 60_000))} minutes` : `${String(Math.round(ms / HOUR_MS))} hours`;
}
