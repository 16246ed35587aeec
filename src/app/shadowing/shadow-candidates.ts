import type { ShadowCandidates } from '../../../shadow/candidate-module.ts';
import { loadConfig } from '../../config/load-config.ts';
import { arrivesWithinMs } from '../../config/settled-writes.ts';
import { silentLog } from '../../kernel/log.ts';
import { allVersions } from '../../config/feature-versions.ts';
import { createCandidates } from '../serving/candidates.ts';
import { readAndNudge } from '../serving/legacy-position.ts';
import { openSource } from '../serving/open-source.ts';

interface WorkerInput {
  readonly configFile: string | undefined;
  readonly storeUrl: string;
  readonly legacyDatabaseUrl: string | undefined;
}

/**
 * Opens, inside the shadow's worker, what it compares with: a second instance of the handlers with a pool of its own, so
 * that a handler that spins or leaks in the shadow cannot touch a user.
 */
export async function openCandidates(input: WorkerInput): Promise<ShadowCandidates> {
  if (input.configFile === undefined) throw new Error('the shadow needs the config file that declares the features');
  const config = await loadConfig(input.configFile);
  const features = allVersions(config.features);
  const candidates = createCandidates(features, {
    target: input.storeUrl,
    legacy: input.legacyDatabaseUrl,
    // It steps back behind those who serve users, so that it opens none in time proves nothing about answers.
    unopened: 'busy',
  });
  const source = openSource(config, input.storeUrl, silentLog);
  return {
    candidate: (key) => candidates.candidate(key),
    features: features.map((each) => ({ ...each, arrivesWithinMs: arrivesWithinMs(each.readModel, config) })),
    readSourcePosition: async () => {
      if (!source) throw new Error('nothing orders the writes of this migration');
      return readAndNudge(source);
    },
    close: async () => {
      await candidates[Symbol.asyncDispose]();
      await source?.[Symbol.asyncDispose]();
    },
  };
}
