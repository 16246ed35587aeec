export { defineMigration, type MigrationDefinition, type VisitorDefinition } from './config/migration-definition.ts';
export {
  defineFeature,
  reply,
  type CompareRules,
  type CutoverPolicy,
  type FeatureDefinition,
  type GraphqlInput,
  type PreviousDefinition,
  type QueryHandler,
  type QueryInput,
  type Reply,
} from './config/feature-definition.ts';
export type { BatchInput, BatchReadModelDefinition, BatchRow } from './config/batch-read-model.ts';
export type { SharedReadModelDefinition } from './config/shared-read-model.ts';
export {
  defineReadModel,
  type KeyValue,
  type Mirror,
  type ReadModelDefinition,
  type SourceDefinition,
  type SourceRow,
} from './config/read-model-definition.ts';
