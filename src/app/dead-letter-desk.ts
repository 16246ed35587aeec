import type { Knex } from 'knex';
import type { FeatureVersion } from '../config/feature-versions.ts';
import { FigError } from '../kernel/fig-error.ts';
import { discardLetter, retryLetters } from '../store/dead-letter-orders.ts';
import { type DeadLetter, DeadLetterStore } from '../store/dead-letter-store.ts';
import { readModelNames } from '../store/read-model-names.ts';
import type { DeadLetterDesk, DeadLetterReport, LetterOutcome } from './dead-letter-reports.ts';

type Features = readonly Pick<FeatureVersion, 'name' | 'readModel'>[];

/** The dead letters of all versions of features, as the front ends ask for them. Capture notices by itself what was ordered here. */
export function createDeadLetterDesk(store: Knex, features: Features): DeadLetterDesk {
  const letters = new DeadLetterStore();
  const owners = new Map(
    features.flatMap(({ name, readModel }) =>
      readModel
        ? [[readModelNames(readModel).projection, { feature: name, readModel: labelOf(readModel, features) }] as const]
        : [],
    ),
  );
  const projectionsOf = (feature: string | undefined): readonly string[] => {
    if (feature === undefined) return [...owners.keys()];
    const known = features.filter(({ name }) => name === feature);
    if (known.length === 0) throw unknownFeature(feature, features);
    return known.flatMap(({ readModel }) => (readModel ? [readModelNames(readModel).projection] : []));
  };
  const reported = (letter: DeadLetter): DeadLetterReport => toReport(letter, owners.get(letter.projection)!);
  const find = async (id: number): Promise<DeadLetter> => {
    const letter = await letters.find(store, id);
    if (letter && owners.has(letter.projection)) return letter;
    throw new FigError('FIG_UNKNOWN_DEAD_LETTER', `there is no dead letter ${id}`);
  };

  return {
    list: async (feature) => {
      const found = await letters.list(store, projectionsOf(feature));
      return { letters: found.map(reported) };
    },
    find: async (id) => reported(await find(id)),
    retry: async ({ id, feature, who }) => {
      const projections = id === undefined ? projectionsOf(feature) : [(await find(id)).projection];
      const ids: number[] = [];
      for (const projection of projections) {
        const order = { feature: owners.get(projection)!.feature, projection, who, why: 'asked to be tried again', id };
        ids.push(...(await retryLetters(store, order)));
      }
      return { ids } satisfies LetterOutcome;
    },
    discard: async (id, { who, why }) => {
      if (why.trim() === '') throw new FigError('FIG_WHY_REQUIRED', `discarding dead letter ${id} must say why`);
      const { projection } = await find(id);
      const { feature } = owners.get(projection)!;
      if (!(await discardLetter(store, { feature, projection, who, why: why.trim(), id }))) {
        throw new FigError(
          'FIG_UNKNOWN_DEAD_LETTER',
          `dead letter ${id} is gone: it was mended or discarded meanwhile`,
        );
      }
      return { ids: [id] } satisfies LetterOutcome;
    },
  };
}

/** Its name, or that of the version where there are several. */
function labelOf({ name, version }: { readonly name: string; readonly version: number }, features: Features): string {
  const isOnly = features.every(({ readModel }) => readModel?.name !== name || readModel.version === version);
  return isOnly ? name : readModelNames({ name, version }).projection;
}

function unknownFeature(feature: string, features: Features): FigError {
  const known = [...new Set(features.map(({ name }) => name))].join(', ') || 'none';
  return new FigError(
    'FIG_UNKNOWN_FEATURE',
    `there is no feature ${JSON.stringify(feature)}; the config has: ${known}`,
  );
}

function toReport(letter: DeadLetter, owner: { feature: string; readModel: string }): DeadLetterReport {
  const { firstAt, lastAt, nextAt, projection: _, ...rest } = letter;
  return {
    ...owner,
    ...rest,
    firstAt: firstAt.toISOString(),
    lastAt: lastAt.toISOString(),
    nextAt: nextAt?.toISOString(),
  };
}
