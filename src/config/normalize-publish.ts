import { FigError } from '../kernel/fig-error.ts';
import type { DomainEventsDefinition } from './domain-events-definition.ts';
import { EventTypes } from './event-types.ts';
import type { NormalizedEvents } from './events-definition.ts';
import { securityOf, type Surroundings } from './normalize-events.ts';
import type { NormalizedPublish } from './normalized-publish.ts';

/** Fills in the defaults. Throws FIG_CONFIG_INVALID where it is not said which brokers are meant. */
export function publishOf(
  domainEvents: DomainEventsDefinition | undefined,
  events: NormalizedEvents,
  around: Surroundings,
): NormalizedPublish | undefined {
  const publish = domainEvents?.publish;
  if (!publish) return undefined;
  const { migration, source } = around;
  const { types, outbox, messages, translate } = domainEvents;
  const shared = events.via === 'direct' ? undefined : events;
  const brokers = publish.brokers ?? shared?.brokers;
  if (!brokers) {
    throw new FigError('FIG_CONFIG_INVALID', `${source}: domainEvents.publish.brokers is missing`, {
      remedy: 'Name the brokers of the topic; those of `events` are taken where changes go through Kafka.',
    });
  }
  const isOwn = publish.brokers !== undefined || publish.security !== undefined || !shared;
  return {
    topic: publish.topic,
    format: publish.format,
    source: publish.source ?? `/${migration}`,
    aggregateType: publish.aggregateType ?? migration,
    brokers,
    security: isOwn ? securityOf(publish.security, around, 'domainEvents.publish') : shared.security,
    history: publish.history ?? false,
    domainEvents: { types: new EventTypes(types), outbox, messages, translate },
  };
}
