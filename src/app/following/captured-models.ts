import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { type CapturedReadModel, isCaptured } from '../../config/read-model-kinds.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { publishedModel } from './published-model.ts';

/** Versions of read models that are kept in step with the legacy database, each once, and what is published. */
export function capturedModels(config: Pick<NormalizedConfig, 'features' | 'publish'>): readonly CapturedReadModel[] {
  const models = new Map<string, CapturedReadModel>();
  for (const { readModel } of allVersions(config.features)) {
    if (readModel && isCaptured(readModel)) models.set(readModelNames(readModel).projection, readModel);
  }
  const published = config.publish && publishedModel(config.publish);
  return [...models.values(), ...(published ? [published] : [])];
}
