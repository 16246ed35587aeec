import type { BatchReadModelDefinition } from './batch-read-model.ts';
import type { EventReadModelDefinition } from './event-read-model.ts';
import type { ReadModelDefinition } from './read-model-definition.ts';
import type { SharedReadModelDefinition } from './shared-read-model.ts';
import type { TopicReadModelDefinition } from './topic-read-model.ts';

/** Kept in step by capture: built key by key, or written by handlers. */
export type CapturedReadModel = ReadModelDefinition | EventReadModelDefinition;

/** Kept by fig, and not by capture: its rows are at no position of legacy's log. */
export type TimedReadModel = BatchReadModelDefinition | TopicReadModelDefinition;

export type AnyReadModelDefinition = CapturedReadModel | SharedReadModelDefinition | TimedReadModel;

export function isShared(readModel: AnyReadModelDefinition): readModel is SharedReadModelDefinition {
  return 'shared' in readModel;
}

export function isBatch(readModel: AnyReadModelDefinition): readModel is BatchReadModelDefinition {
  return 'batch' in readModel;
}

/** Written by handlers from topics that other services fill. */
export function isFromTopics(readModel: AnyReadModelDefinition): readModel is TopicReadModelDefinition {
  return 'topics' in readModel;
}

/** What there is of writes in it is known by time, not by a position of legacy's log. */
export function isTimed(readModel: AnyReadModelDefinition): readModel is TimedReadModel {
  return isBatch(readModel) || isFromTopics(readModel);
}

export function isCaptured(readModel: AnyReadModelDefinition): readModel is CapturedReadModel {
  return !isShared(readModel) && !isTimed(readModel);
}

/** Written by handlers of changes. */
export function isHandled(readModel: AnyReadModelDefinition): readModel is EventReadModelDefinition {
  return 'on' in readModel && !isFromTopics(readModel);
}
