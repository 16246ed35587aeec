import type { NormalizedKafkaEvents } from '../../../config/events-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Finding } from '../../postgres/preflight/finding.ts';
import type { KafkaAdmin } from '../client/kafka-admin.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { judgeTopic } from './judge-topic.ts';
import { topicToCreate } from './topic-to-create.ts';

/** Looks at the brokers and the topic, and changes nothing. Brokers that do not answer are a finding, too. */
export async function inspectTopic(events: NormalizedKafkaEvents, log: Log): Promise<readonly Finding[]> {
  try {
    await using admin = await new KafkaConnection(events, log).admin();
    return [...judgeClearText(events), ...(await judge(admin, events))];
  } catch (error) {
    if (!(error instanceof FigError)) throw error;
    return [findingOf(error, events)];
  }
}

/** Makes the topic where there is none and that is wanted; then the same as `inspectTopic`. Throws FIG_KAFKA_*. */
export async function ensureTopic(admin: KafkaAdmin, events: NormalizedKafkaEvents): Promise<readonly Finding[]> {
  if (events.createTopic && (await admin.describeTopic(events.topic)) === undefined) {
    await admin.createTopic(topicToCreate(events, (await admin.brokers()).length));
  }
  return judge(admin, events);
}

async function judge(admin: KafkaAdmin, events: NormalizedKafkaEvents): Promise<readonly Finding[]> {
  const brokers = (await admin.brokers()).length;
  return judgeTopic(events, { topic: await admin.describeTopic(events.topic), brokers });
}

function judgeClearText({ brokers, security: { tls, sasl } }: NormalizedKafkaEvents): readonly Finding[] {
  if (tls !== undefined || sasl === undefined) return [];
  return [
    {
      id: 'kafka-clear-text',
      severity: 'warning',
      subject: brokers.join(','),
      problem: 'is logged in to without TLS: whoever listens reads the changes, and may read or guess the password',
      remedy: 'Set events.security.tls.',
    },
  ];
}

/** `brokers`: those that were asked. */
export function findingOf(
  { code, message, remedy }: FigError,
  { brokers }: Pick<NormalizedKafkaEvents, 'brokers'>,
): Finding {
  const isOurs = code === 'FIG_KAFKA_REFUSED' || code === 'FIG_CERTIFICATE_INVALID';
  const isCompressed = code === 'FIG_KAFKA_COMPRESSION';
  return {
    id: isCompressed ? 'topic-compression' : isOurs ? 'kafka-refused' : 'kafka-unreachable',
    severity: 'error',
    subject: brokers.join(','),
    problem: message,
    remedy,
  };
}
