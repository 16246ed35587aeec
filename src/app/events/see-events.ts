import type { Knex } from 'knex';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { isFromTopics } from '../../config/read-model-kinds.ts';
import type { TopicReadModelDefinition } from '../../config/topic-read-model.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { DeadLetterStore } from '../../store/dead-letter-store.ts';
import { OutgoingEventStore } from '../../store/outgoing-event-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { TopicStore } from '../../store/topic-store.ts';
import { listWork } from '../../store/transport-work-store.ts';
import type { EventPublisher } from '../../sync/kafka/publish/event-publisher.ts';
import { publishedModel } from '../following/published-model.ts';
import type { ServiceStack } from '../starting/service-stack.ts';
import type { SimpleReadModels } from '../following/simple-read-models.ts';
import { describeEvents } from './describe-events.ts';
import { EventsSeen, type SeenReader } from './events-seen.ts';
import type { EventsStatus } from './events-status.ts';

export interface SeeEventsOptions {
  /** Id of the process. */
  readonly process: string;
  readonly config: NormalizedConfig;
  readonly store: Knex;
  readonly simple: Pick<SimpleReadModels, 'of'>;
  readonly publisher: EventPublisher | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Tells what this process does with topics of events, and with events that are to be published. */
export function seeEvents({ config, simple, ...rest }: SeeEventsOptions, stack: ServiceStack): void {
  const readers = fromTopics(config).flatMap((definition): SeenReader[] => {
    const kept = simple.of(definition.name);
    if (!kept?.topics) return [];
    const report = kept.topics.bind(kept);
    return [{ projection: readModelNames(definition).projection, report, lagSeconds: () => kept.lagSeconds() }];
  });
  if (readers.length === 0 && rest.publisher === undefined) return;
  const seen = new EventsSeen({ ...rest, migration: config.name, readers });
  stack.add('event figures', () => seen.stop());
}

/** Asks the control store; undefined: no events come by topics, and none are published. */
export function eventsOf(config: NormalizedConfig, store: Knex): (() => Promise<EventsStatus>) | undefined {
  const { publish, name } = config;
  const readers = fromTopics(config);
  if (readers.length === 0 && publish === undefined) return undefined;
  const published = publish && readModelNames(publishedModel(publish)).projection;
  const standings = new TopicStore();
  return async () => {
    const told = await listWork(store, name);
    const standing = await Promise.all(
      readers.map(async (definition) => {
        const { projection } = readModelNames(definition);
        return { projection, topics: definition.topics, standing: await standings.standing(store, projection) };
      }),
    );
    const publication = publish &&
      published !== undefined && {
        topic: publish.topic,
        state: await new OutgoingEventStore().state(store),
        deadLetters: await new DeadLetterStore().count(store, published),
      };
    return describeEvents(standing, publication || undefined, { told, nowMs: Date.now() });
  };
}

/** Each once, as features may share one. */
function fromTopics({ features }: NormalizedConfig): readonly TopicReadModelDefinition[] {
  const definitions = features.flatMap(({ readModel }) => (readModel && isFromTopics(readModel) ? [readModel] : []));
  return [...new Map(definitions.map((each) => [each.name, each])).values()];
}
