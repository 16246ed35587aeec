import type { BatchReadModelDefinition } from './batch-read-model.ts';
import type { ReadModelDefinition } from './read-model-definition.ts';
import type { SharedReadModelDefinition } from './shared-read-model.ts';

export type AnyReadModelDefinition = ReadModelDefinition | SharedReadModelDefinition | BatchReadModelDefinition;

export function isShared(readModel: AnyReadModelDefinition): readModel is SharedReadModelDefinition {
  return 'shared' in readModel;
}

export function isBatch(readModel: AnyReadModelDefinition): readModel is BatchReadModelDefinition {
  return 'batch' in readModel;
}

/** Kept in step by capture. */
export function isCaptured(readModel: AnyReadModelDefinition): readModel is ReadModelDefinition {
  return !isShared(readModel) && !isBatch(readModel);
}
