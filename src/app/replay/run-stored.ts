import { loadConfig } from '../../config/load-config.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { PairStore } from '../../store/pair-store.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import { checkConfig } from '../preflight/check-config.ts';
import { checkRules, type RulesReport } from './check-rules.ts';
import type { OpenControlStore } from './open-parties.ts';
import { hideGiven } from './hide-given.ts';
import { loadRules } from './plain-config.ts';
import type { ReplayReport } from './replay-report.ts';
import { replayStored, type ReplayStoredOptions } from './replay-stored.ts';
import { openControlStore } from './store-of.ts';
import type { AskOptions } from './ask-all.ts';

interface Place {
  readonly configFile: string;
  /** Whose `.fig/` an embedded store is in. */
  readonly cwd: string;
}

export type RunStoredOptions = Place & Omit<ReplayStoredOptions, 'config' | 'store'>;

/** Asks stored questions again. Throws FIG_CONFIG_*, FIG_NOT_RUNNING, FIG_UNKNOWN_FEATURE, FIG_UNKNOWN_GROUP. */
export async function runStored(options: RunStoredOptions): Promise<ReplayReport> {
  const report = await beside(options, (config, store) => replayStored({ ...options, config, store }));
  return hideGiven(report, options.given);
}

export interface RunRulesOptions extends Place, Pick<AskOptions, 'onProgress'> {
  readonly feature?: string | undefined;
  /** Rules to try in place of those of the config; for one feature. */
  readonly rulesFile?: string | undefined;
}

/** Compares stored pairs again. Throws FIG_CONFIG_*, FIG_NOT_RUNNING, FIG_UNKNOWN_FEATURE, FIG_RULES_INVALID, FIG_USAGE. */
export async function runRulesCheck(options: RunRulesOptions): Promise<RulesReport> {
  return beside(options, async (config, store) => {
    const chosen = config.features.filter(({ name }) => options.feature === undefined || name === options.feature);
    if (chosen.length === 0 && options.feature !== undefined) {
      const names = config.features.map(({ name }) => name).join(', ') || 'none';
      throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${options.feature}; there are: ${names}`);
    }
    if (options.rulesFile !== undefined && chosen.length !== 1) {
      throw new FigError('FIG_USAGE', 'rules from a file are for one feature; name it');
    }
    const tried = options.rulesFile === undefined ? undefined : await loadRules(options.rulesFile, options.cwd);
    const pairs = new PairStore(store.knex);
    const checked = [];
    for (const { name, compare } of chosen) {
      checked.push({ feature: name, rules: tried ?? compare, pairs: await pairs.list({ feature: name }) });
    }
    return checkRules(checked, await sharedSecret(store.knex, 'redaction key'), options.onProgress);
  });
}

async function beside<T>(
  { configFile, cwd }: Place,
  work: (config: NormalizedConfig, store: OpenControlStore) => Promise<T>,
): Promise<T> {
  const config = await loadConfig(configFile);
  checkConfig(config, configFile);
  const store = await openControlStore(config, cwd);
  try {
    return await work(config, store);
  } finally {
    await store.knex.destroy();
  }
}
