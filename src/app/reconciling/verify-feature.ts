import type { Knex } from 'knex';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import { isCaptured, isHandled } from '../../config/read-model-kinds.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { formatPosition } from '../../kernel/position.ts';
import { verifyModel } from '../../sync/verify/verify-model.ts';
import type { VerificationReport } from '../control.ts';

/** Builds sampled keys of a feature's read model anew. `target`: the pool that projections use. */
export async function verifyFeature(
  target: Knex,
  { name, readModel }: Pick<NormalizedFeature, 'name' | 'readModel'>,
  sample: number,
): Promise<VerificationReport> {
  if (readModel === undefined || !isCaptured(readModel)) {
    throw new FigError('FIG_READ_MODEL_NOT_READY', `the feature ${name} has no read model that fig keeps in step`, {
      remedy: 'Only what is built key by key from captured changes can be verified.',
    });
  }
  if (isHandled(readModel)) {
    throw new FigError('FIG_VERIFY_REFUSED', `the read model ${readModel.name} is written by handlers`, {
      remedy:
        'There is nothing that its rows could be built from anew. `fig reconcile` compares what its handlers were given.',
    });
  }
  const { position, ...found } = await verifyModel(target, readModel, sample);
  return { feature: name, readModel: readModel.name, position: formatPosition(position), ...found };
}
