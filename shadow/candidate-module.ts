import type { NormalizedFeature } from '../src/config/normalized-config.ts';
import type { Candidate } from '../src/kernel/candidate.ts';
import type { Position } from '../src/kernel/position.ts';
import type { ShadowWorkerData } from './worker-protocol.ts';

/** A feature, or one of several versions of it, each of which is compared for itself. */
export interface ComparedFeature extends Pick<NormalizedFeature, 'name' | 'fingerprint' | 'compare' | 'readModel'> {
  /** `orders@2`, or the name of a feature that has no other version. */
  readonly key: string;
  /** For so long, in milliseconds, a write may be on its way into its read model; undefined: positions of legacy's log tell what that has. */
  readonly arrivesWithinMs?: number | undefined;
  /** How long users wait for it, in milliseconds; undefined: as the shadow's settings say. */
  readonly candidateTimeoutMs?: number | undefined;
  /** Undefined: as where pairs are stored. */
  readonly shadow?: Pick<NormalizedFeature['shadow'], 'pairs'> | undefined;
}

/** What the app opens inside the worker: the candidates, the rules to compare by, and the source's log. */
export interface ShadowCandidates {
  /** By the key of a version, see `ComparedFeature`. */
  candidate(key: string): Candidate | undefined;
  readonly features: readonly ComparedFeature[];
  readSourcePosition(): Promise<Position>;
  close(): Promise<void>;
}

/** What the module at `candidateModule` exports. */
export interface CandidateModule {
  openCandidates(workerData: ShadowWorkerData): Promise<ShadowCandidates>;
}

/** Loads the module. Throws a TypeError when it exports something else. */
export async function openCandidates(workerData: ShadowWorkerData): Promise<ShadowCandidates> {
  const module: unknown = await import(workerData.candidateModule);
  if (!isCandidateModule(module)) {
    throw new TypeError(`${workerData.candidateModule} does not export a function openCandidates`);
  }
  return module.openCandidates(workerData);
}

function isCandidateModule(module: unknown): module is CandidateModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'openCandidates' in module &&
    typeof module.openCandidates === 'function'
  );
}
