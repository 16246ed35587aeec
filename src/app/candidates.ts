import type { NormalizedFeature } from '../config/normalized-config.ts';
import type { Candidate } from '../kernel/candidate.ts';
import { HttpCandidate } from '../readmodel/http-candidate.ts';
import { openReadDatabase } from '../readmodel/open-read-database.ts';
import { QueryCandidate } from '../readmodel/query-candidate.ts';
import { readModelNames } from '../store/read-model-names.ts';

export interface Candidates extends AsyncDisposable {
  candidate(feature: string): Candidate | undefined;
}

/** The candidates of all features: query handlers in this thread, or the services that the config names. */
export function createCandidates(features: readonly NormalizedFeature[], targetUrl: string): Candidates {
  const candidates = new Map<string, Candidate>();
  const closers: (() => Promise<unknown>)[] = [];
  for (const feature of features) {
    if (feature.candidateUrl) {
      const candidate = new HttpCandidate(feature.candidateUrl);
      candidates.set(feature.name, candidate);
      closers.push(() => candidate[Symbol.asyncDispose]());
    } else if (feature.readModel) {
      const { schema } = readModelNames(feature.readModel);
      const db = openReadDatabase({ url: targetUrl, schema, statementTimeoutMs: feature.candidateTimeoutMs });
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
