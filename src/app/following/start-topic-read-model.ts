import { EventTypes } from '../../config/event-types.ts';
import { readModelFingerprint } from '../../config/fingerprint.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { TopicReadModelDefinition } from '../../config/topic-read-model.ts';
import { TopicReadModel, type TopicReadModelOptions } from '../../sync/kafka/domain-events/topic-read-model.ts';

type Around = Omit<TopicReadModelOptions, 'definition' | 'fingerprint' | 'migration' | 'topics' | 'types'>;

/** Starts a read model with the topics and types that the config declares; that it declares them was checked with it. */
export function startTopicReadModel(
  { name, domainTopics }: Pick<NormalizedConfig, 'name' | 'domainTopics'>,
  definition: TopicReadModelDefinition,
  around: Around,
): TopicReadModel {
  return new TopicReadModel({
    ...around,
    definition,
    fingerprint: readModelFingerprint(definition),
    migration: name,
    topics: definition.topics.flatMap((topic) => domainTopics?.topics.get(topic) ?? []),
    types: domainTopics?.types ?? new EventTypes({}),
  });
}
