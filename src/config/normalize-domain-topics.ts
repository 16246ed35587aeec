import { FigError } from '../kernel/fig-error.ts';
import { didYouMean } from './did-you-mean.ts';
import type {
  DomainTopicsDefinition,
  EventTopicDefinition,
  NormalizedDomainTopics,
  TopicBrokers,
} from './domain-topics-definition.ts';
import { EventTypes } from './event-types.ts';
import type { NormalizedEvents } from './events-definition.ts';
import { type AnyReadModelDefinition, isFromTopics } from './read-model-kinds.ts';
import { securityOf, type Surroundings } from './normalize-events.ts';

const defaultRelayBatch = 100;

/**
 * Fills in the defaults. Throws FIG_CONFIG_INVALID where brokers are missing, or a read model names a topic or a type that is
 * not declared.
 */
export function domainTopicsOf(
  definition: DomainTopicsDefinition | undefined,
  events: NormalizedEvents,
  readModels: readonly AnyReadModelDefinition[],
  around: Surroundings,
): NormalizedDomainTopics | undefined {
  const { types = {}, topics = [], relay } = definition ?? {};
  refuseUnknown(readModels, { topics: topics.map(({ topic }) => topic), types: Object.keys(types) }, around.source);
  if (definition === undefined) return undefined;
  return {
    types: new EventTypes(types),
    topics: new Map(
      topics.map((each) => {
        const { topic, format, from = 'beginning', ignore = [] } = each;
        const brokers = brokersOf(each, events, around, `domainEvents.topics (${topic})`);
        return [topic, { topic, format, from, ignore: new Set(ignore), ...brokers }] as const;
      }),
    ),
    relay: relay && {
      outbox: relay.outbox,
      to: {
        topic: relay.to.topic,
        format: relay.to.format,
        source: relay.to.source ?? `/${around.migration}`,
        ...brokersOf(relay.to, events, around, 'domainEvents.relay.to'),
      },
      batch: relay.batch ?? defaultRelayBatch,
    },
  };
}

/** A security of `events` goes with its brokers; other brokers are not told its password. */
function brokersOf(
  { brokers, security }: Pick<EventTopicDefinition, 'brokers' | 'security'>,
  events: NormalizedEvents,
  around: Surroundings,
  at: string,
): TopicBrokers {
  if (brokers !== undefined) return { brokers, security: securityOf(security, around, at) };
  if (events.via === 'direct') {
    throw new FigError('FIG_CONFIG_INVALID', `${around.source}: ${at}.brokers is missing: events names none either`);
  }
  return {
    brokers: events.brokers,
    security: security === undefined ? events.security : securityOf(security, around, at),
  };
}

function refuseUnknown(
  readModels: readonly AnyReadModelDefinition[],
  known: { readonly topics: readonly string[]; readonly types: readonly string[] },
  source: string,
): void {
  for (const readModel of readModels.filter(isFromTopics)) {
    const refuse = (key: string, name: string, list: readonly string[], where: string): void => {
      if (list.includes(name)) return;
      const hint = didYouMean(name, list);
      const message = `${source}: ${key} of the read model ${readModel.name} names ${JSON.stringify(name)}, which ${where} does not have${hint}`;
      throw new FigError('FIG_CONFIG_INVALID', message);
    };
    for (const topic of readModel.topics) refuse('topics', topic, known.topics, 'domainEvents.topics');
    for (const type of Object.keys(readModel.on)) refuse('on', type, known.types, 'domainEvents.types');
  }
}
