import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Finding } from '../../postgres/preflight/finding.ts';
import type { KafkaAccess } from '../client/access.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { alterTopic } from './alter-topic.ts';
import { judgeCompression } from './judge-compression.ts';
import { findingOf } from './inspect-topic.ts';

export interface ConnectorTopics {
  readonly tables: readonly string[];
  /** Where the connector tells the ends of transactions. */
  readonly transactions: string;
}

/** Looks at the topics of a Debezium connector that tables land from, and changes nothing. */
export async function inspectConnectorTopics(
  access: KafkaAccess,
  { tables, transactions }: ConnectorTopics,
  log: Log,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    await using admin = await new KafkaConnection(access, log).admin();
    for (const topic of [...tables, transactions]) {
      const found = await admin.describeTopic(topic);
      findings.push(...judgeConnectorTopics(access.brokers, topic, found, topic === transactions));
    }
  } catch (error) {
    if (!(error instanceof FigError)) throw error;
    findings.push(findingOf(error, access));
  }
  return findings;
}

/** Pure: whether a topic can tell all that a connector sends. `ordersCommits`: it is the topic of transactions. */
export function judgeConnectorTopics(
  brokers: readonly string[],
  topic: string,
  found: TopicDescription | undefined,
  ordersCommits: boolean,
): readonly Finding[] {
  if (found === undefined) return [missing(topic, ordersCommits)];
  const findings: Finding[] = [...judgeCompression(brokers, topic, found)];
  const find = (id: Finding['id'], severity: Finding['severity'], problem: string, remedy: string): void => {
    findings.push({ id, severity, subject: topic, problem, remedy });
  };
  const { settings, partitions } = found;
  const alter = (setting: string): string => alterTopic(brokers, topic, setting);
  const policy = settings.get('cleanup.policy') ?? 'delete';
  if (policy.includes('compact')) {
    const problem =
      'is compacted: of several changes of a row it keeps only the last, so that transactions are not whole';
    find('topic-compacted', 'error', problem, `${alter('cleanup.policy=delete')}, and let the snapshot be taken again`);
  }
  if (ordersCommits && partitions.length !== 1) {
    const problem = `has ${partitions.length} partitions, which have no order`;
    find(
      'topic-partitions',
      'error',
      problem,
      'Stop the connector, delete the topic, and make it anew with one partition.',
    );
  }
  const retention = Number(settings.get('retention.ms') ?? -1);
  if (policy.includes('delete') && retention >= 0) {
    const problem = `keeps messages for ${Math.round(retention / 3_600_000)} h: tables that have not landed by then, or a fig that is away for longer, have to land anew`;
    find('topic-retention', 'warning', problem, alter('retention.ms=-1'));
  }
  return findings;
}

function missing(topic: string, ordersCommits: boolean): Finding {
  const finding = { id: 'topic-missing', severity: 'warning', subject: topic } as const;
  return ordersCommits
    ? {
        ...finding,
        problem: 'does not exist, or may not be seen: the connector has sent no transaction yet',
        remedy:
          'Start the connector, with `provide.transaction.metadata=true` and the `topic.prefix` that events.prefix tells.',
      }
    : {
        ...finding,
        problem: 'does not exist, or may not be seen: the connector has sent no row of the table',
        remedy:
          'Nothing, where the table is empty. Else start the connector, with the `topic.prefix` that events.prefix tells.',
      };
}
