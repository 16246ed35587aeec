import type { Knex } from 'knex';
import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { Candidate } from '../../kernel/candidate.ts';
import { HttpCandidate } from '../../readmodel/http-candidate.ts';
import { type AnyReadModelDefinition, isShared } from '../../config/read-model-kinds.ts';
import { openReadDatabase } from '../../readmodel/open-read-database.ts';
import { openSharedDatabase } from '../../readmodel/open-shared-database.ts';
import { QueryCandidate } from '../../readmodel/query-candidate.ts';
import { readModelNames, sharedSchemaName } from '../../store/read-model-names.ts';

const SHARED_CONNECTIONS = 4;

export interface CandidateDatabases {
  readonly target: string;
  readonly legacy: string | undefined;
  /** What it is when no connection could be opened in time. Default: the candidate failed, as it would have for a user. */
  readonly unopened?: 'failed' | 'busy' | undefined;
}

export interface Candidates extends AsyncDisposable {
  /** By the key of a version. */
  candidate(key: string): Candidate | undefined;
}

/** The candidates of all versions of features: query handlers in this thread, or the services that the config names. */
export function createCandidates(versions: readonly FeatureVersion[], databases: CandidateDatabases): Candidates {
  const candidates = new Map<string, Candidate>();
  const closers: (() => Promise<unknown>)[] = [];
  for (const feature of versions) {
    if (feature.candidateUrl) {
      const candidate = new HttpCandidate(feature.candidateUrl);
      candidates.set(feature.key, candidate);
      closers.push(() => candidate[Symbol.asyncDispose]());
    } else if (feature.readModel) {
      const db = openDatabase(feature.readModel, databases, feature.candidateTimeoutMs);
      candidates.set(feature.key, new QueryCandidate(feature.queries, db, databases.unopened));
      closers.push(() => db.destroy());
    }
  }
  return {
    candidate: (key) => candidates.get(key),
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
