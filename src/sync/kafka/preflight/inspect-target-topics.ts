import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Finding } from '../../postgres/preflight/finding.ts';
import type { KafkaAccess } from '../client/access.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { findingOf } from './inspect-topic.ts';

/** A topic that fig writes events to, and where the config says so. */
export interface TargetTopic extends KafkaAccess {
  readonly topic: string;
  /** `domainEvents.publish.topic` */
  readonly key: string;
}

/** Looks whether topics that fig writes events to are there, and changes nothing: fig does not make them. */
export async function inspectTargetTopics(targets: readonly TargetTopic[], log: Log): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const target of targets) {
    const { topic, key } = target;
    try {
      await using admin = await new KafkaConnection(target, log).admin();
      if ((await admin.describeTopic(topic)) !== undefined) continue;
      findings.push({
        id: 'topic-missing',
        severity: 'error',
        subject: topic,
        problem: 'does not exist, or may not be seen, and events are to be written to it',
        remedy: `Make it, with as many partitions as its readers need (the key of an event chooses one), or correct ${key}.`,
      });
    } catch (error) {
      if (!(error instanceof FigError)) throw error;
      findings.push({ ...findingOf(error, target), subject: topic });
    }
  }
  return findings;
}
