import type { BatchReadModelDefinition } from './batch-read-model.ts';
import type { EventReadModelDefinition } from './event-read-model.ts';
import type { ReadModelDefinition } from './read-model-definition.ts';
import type { SharedReadModelDefinition } from './shared-read-model.ts';

/** Kept in step by capture: built key by key, or written by handlers. */
export type CapturedReadModel = ReadModelDefinition | EventReadModelDefinition;

export type AnyReadModelDefinition = CapturedReadModel | SharedReadModelDefinition | BatchReadModelDefinition;

export function isShared(readModel: AnyReadModelDefinition): readModel is SharedReadModelDefinition {
  return 'shared' in readModel;
}

export function isBatch(readModel: AnyReadModelDefinition): readModel is BatchReadModelDefinition {
  return 'batch' in readModel;
}

export function isCaptured(readModel: AnyReadModelDefinition): readModel is CapturedReadModel {
  return !isShared(readModel) && !isBatch(readModel);
}

/** Written by handlers of changes. */
export function isHandled(readModel: AnyReadModelDefinition): readModel is EventReadModelDefinition {
  return 'on' in readModel;
}
