import type { Knex } from 'knex';
import type { NormalizedFeature } from '../config/normalized-config.ts';
import type { Candidate } from '../kernel/candidate.ts';
import { HttpCandidate } from '../readmodel/http-candidate.ts';
import { type AnyReadModelDefinition, isShared } from '../config/read-model-kinds.ts';
import { openReadDatabase } from '../readmodel/open-read-database.ts';
import { openSharedDatabase } from '../readmodel/open-shared-database.ts';
import { QueryCandidate } from '../readmodel/query-candidate.ts';
import { readModelNames, sharedSchemaName } from '../store/read-model-names.ts';

const SHARED_CONNECTIONS = 4;

export interface CandidateDatabases {
  readonly target: string;
  readonly legacy: string | undefined;
}

export interface Candidates extends AsyncDisposable {
  candidate(feature: string): Candidate | undefined;
}

/** The candidates of all features: query handlers in this thread, or the services that the config names. */
export function createCandidates(features: readonly NormalizedFeature[], databases: CandidateDatabases): Candidates {
  const candidates = new Map<string, Candidate>();
  const closers: (() => Promise<unknown>)[] = [];
  for (const feature of features) {
    if (feature.candidateUrl) {
      const candidate = new HttpCandidate(feature.candidateUrl);
      candidates.set(feature.name, candidate);
      closers.push(() => candidate[Symbol.asyncDispose]());
    } else if (feature.readModel) {
      const db = openDatabase(feature.readModel, databases, feature.candidateTimeoutMs);
      candidates.set(feature.name, new QueryCandidate(feature.queries, db));
      closers.push(() => db.destroy());
    }
  }
  return {
    candidate: (feature) => candidates.get(feature),
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(closers.map((close) => close()));
    },
  };
}

function openDatabase(
  readModel: AnyReadModelDefinition,
  { target, legacy }: CandidateDatabases,
  statementTimeoutMs: number,
): Knex {
  if (!isShared(readModel)) {
    const { schema } = readModelNames(readModel);
    return openReadDatabase({ url: target, schema, statementTimeoutMs });
  }
  const { database, views, connections } = readModel;
  return openSharedDatabase({
    url: database ?? legacy!,
    schema: views ? sharedSchemaName(readModel) : undefined,
    mustBePrimary: database === undefined,
    max: connections ?? SHARED_CONNECTIONS,
    statementTimeoutMs,
  });
}
