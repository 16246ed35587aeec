export { defineMigration, type MigrationDefinition, type VisitorDefinition } from './config/migration-definition.ts';
export {
  defineFeature,
  reply,
  type BodyInput,
  type CutoverPolicy,
  type FeatureDefinition,
  type GraphqlInput,
  type PreviousDefinition,
  type QueryHandler,
  type QueryInput,
  type Reply,
} from './config/feature-definition.ts';
export type { DomainTopicsDefinition, EventTopicDefinition } from './config/domain-topics-definition.ts';
export type { TopicEventHandler, TopicReadModelDefinition } from './config/topic-read-model.ts';
export type { CompareRules, RouteCompareRules } from './config/compare-rules.ts';
export type { SampleDefinition, ShadowDefinition } from './config/sample-rules.ts';
export type { BatchInput, BatchReadModelDefinition, BatchRow } from './config/batch-read-model.ts';
export type { DomainEvent } from './config/domain-event.ts';
export type { EventSchema } from './config/event-schema.ts';
export type { PublishDefinition } from './config/publish-definition.ts';
export type {
  DomainEventDraft,
  DomainEventsDefinition,
  MessagesDefinition,
  OutboxDefinition,
  Translation,
  TranslationDefinition,
} from './config/domain-events-definition.ts';
export type { ChangeHandler, RowChange } from './config/row-change.ts';
export type { EventHandler } from './config/event-handler.ts';
export type { EventReadModelDefinition, EventSourceDefinition } from './config/event-read-model.ts';
export type { SharedReadModelDefinition } from './config/shared-read-model.ts';
export {
  defineReadModel,
  type Mirror,
  type ReadModelDefinition,
  type SourceDefinition,
} from './config/read-model-definition.ts';
export type { KeyValue, SourceRow } from './config/source-row.ts';
