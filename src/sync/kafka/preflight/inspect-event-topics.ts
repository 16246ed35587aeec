import type { NormalizedEventTopic } from '../../../config/domain-topics-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Finding } from '../../postgres/preflight/finding.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { judgeCompression } from './judge-compression.ts';
import { findingOf } from './inspect-topic.ts';

const SAFE_RETENTION_MS = 72 * 60 * 60_000;

/** Looks whether topics that other services fill are there and can be read, and changes nothing. */
export async function inspectEventTopics(
  topics: Iterable<NormalizedEventTopic>,
  log: Log,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const each of topics) {
    const { topic } = each;
    const kafka = new KafkaConnection(each, log);
    try {
      await using admin = await kafka.admin();
      const found = await admin.describeTopic(topic);
      findings.push(...judgeEventTopic(each, found));
      if (found === undefined) continue;
      const ranges = await admin.offsets(topic);
      await using reader = await kafka.reader(topic, 0);
      // The right to describe a topic is not the right to read it, and what is in it may be compressed in a way of its writers.
      const { low, high } = ranges.get(0) ?? { low: 0n, high: 0n };
      await reader.read(high > low ? high - 1n : high, 0);
    } catch (error) {
      if (!(error instanceof FigError)) throw error;
      findings.push({ ...findingOf(error, each), subject: topic });
    }
  }
  return findings;
}

/** Pure: whether a topic can be read, and could forget events before they are. It is somebody else's, so that nothing is an order. */
export function judgeEventTopic(
  { topic, brokers }: Pick<NormalizedEventTopic, 'topic' | 'brokers'>,
  found: TopicDescription | undefined,
): readonly Finding[] {
  if (found === undefined) {
    const remedy = 'Correct its name in domainEvents.topics, or ask its owner for the right to describe it.';
    return [
      { id: 'topic-missing', severity: 'error', subject: topic, problem: 'does not exist, or may not be seen', remedy },
    ];
  }
  const findings = [...judgeCompression(brokers, topic, found)];
  const retention = Number(found.settings.get('retention.ms') ?? -1);
  const forgets = found.settings.get('cleanup.policy')?.includes('delete') !== false;
  if (!forgets || retention < 0 || retention >= SAFE_RETENTION_MS) return findings;
  const hours = Math.round(retention / 3_600_000);
  findings.push({
    id: 'topic-retention',
    severity: 'warning',
    subject: topic,
    problem: `keeps messages for ${String(hours)} h: events that are not read in that time are lost to a read model`,
    remedy: 'Ask its owner for a longer retention.ms.',
  });
  return findings;
}
