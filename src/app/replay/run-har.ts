import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkRulePaths } from '../../../shadow/pairs/stored-rules.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { NormalizedConfig, NormalizedFeature } from '../../config/normalized-config.ts';
import { describeError, FigError } from '../../kernel/fig-error.ts';
import type { AskOptions } from './ask-all.ts';
import { hideGiven } from './hide-given.ts';
import { harQuestions, type HarQuestions } from './har-questions.ts';
import { openParties, type OpenedParties } from './open-parties.ts';
import { plainConfig } from './plain-config.ts';
import { compareHars, replayAsked, replayRecorded, type RulesOf } from './replay-har.ts';
import type { ReplayReport } from './replay-report.ts';
import { openControlStore } from './store-of.ts';

export interface RunHarOptions extends AskOptions {
  readonly file: string;
  /** Of the candidate: then nobody is asked. */
  readonly candidateFile?: string | undefined;
  readonly cwd: string;
  /** Undefined: `fig.config.ts` of the folder if it is there. False: none. */
  readonly configFile?: string | false | undefined;
  readonly legacyUrl?: URL | undefined;
  readonly candidateUrl?: URL | undefined;
  readonly feature?: string | undefined;
  /** A feature of the config whose rules hold for all that no route of the config takes. */
  readonly rulesOf?: string | undefined;
  readonly origin?: URL | undefined;
  /** Takes what was recorded for legacy's answers, and asks the candidate only. */
  readonly recorded?: boolean | undefined;
}

/** More than node can hold as one text. */
const MAX_FILE_BYTES = 500_000_000;

/**
 * Compares what a HAR file holds, one of three ways. Throws FIG_HAR_INVALID, FIG_USAGE, FIG_CONFIG_*, FIG_UNKNOWN_FEATURE,
 * and FIG_NOT_RUNNING where a read model has to be asked and its store does not run.
 */
export async function runHar(options: RunHarOptions): Promise<ReplayReport> {
  const { candidateFile, feature, rulesOf, recorded } = options;
  const isOffline = candidateFile !== undefined;
  const own = await configOf(options);
  const config = own ?? withoutConfig(options, isOffline);
  refuseUnknown(own, [feature, rulesOf]);
  const compareOf: RulesOf = (name) =>
    (config.features.find((each) => each.name === name) ?? config.features[0]!).compare;
  const others = own === undefined ? config.features[0]!.name : othersOf(own, options, isOffline);
  const read = async (file: string): Promise<HarQuestions> =>
    harQuestions(await readHarFile(file, options.cwd), file, {
      features: config.features,
      feature,
      others,
      origin: options.origin?.origin,
      as: recorded === true ? undefined : hostOf(config, options),
    });
  const har = await read(options.file);
  if (candidateFile !== undefined) return compareHars(har, await read(candidateFile), compareOf);
  const report = await withParties(config, har, options, ({ parties }) =>
    recorded === true
      ? replayRecorded(har, (question) => parties.askCandidate(question), compareOf, options)
      : replayAsked(har, (question) => parties.ask(question), options),
  );
  return hideGiven(report, options.given);
}

/** Legacy is asked by the host that it is asked by through the proxy; one that was named on the command line by its own. */
function hostOf({ legacy }: NormalizedConfig, { legacyUrl }: RunHarOptions): URL | undefined {
  if (legacyUrl !== undefined || legacy.host === 'replace') return legacyUrl ?? legacy.url;
  return legacy.host === 'keep' ? undefined : new URL(`${legacy.url.protocol}//${legacy.host}`);
}

async function configOf({ configFile, cwd }: RunHarOptions): Promise<NormalizedConfig | undefined> {
  if (configFile === false) return undefined;
  const path = resolve(cwd, configFile ?? 'fig.config.ts');
  if (configFile === undefined && !existsSync(path)) return undefined;
  const config = await loadConfig(path);
  for (const { name, compare } of config.features) {
    try {
      checkRulePaths(compare);
    } catch (error) {
      throw new FigError('FIG_CONFIG_INVALID', `a rule in compare of ${name} cannot be read: ${describeError(error)}`);
    }
  }
  return config;
}

function withoutConfig(
  { feature = 'har', legacyUrl, candidateUrl, recorded, rulesOf }: RunHarOptions,
  isOffline: boolean,
) {
  if (rulesOf !== undefined) throw new FigError('FIG_USAGE', '--rules-of names a feature, and there is no config');
  if (!isOffline && candidateUrl === undefined) {
    throw new FigError('FIG_USAGE', 'there is no config, so --candidate has to say who is to be asked');
  }
  if (!isOffline && recorded !== true && legacyUrl === undefined) {
    throw new FigError(
      'FIG_USAGE',
      'there is no config, so --legacy has to say who is to be asked (or give --recorded)',
    );
  }
  return plainConfig({ feature, legacyUrl, candidateUrl }, 'the command line');
}

/** What no route takes can only be compared where a service answers any path. */
function othersOf({ features }: NormalizedConfig, { rulesOf, candidateUrl }: RunHarOptions, isOffline: boolean) {
  const named = features.find(({ name }) => name === rulesOf);
  return named && (isOffline || candidateUrl || named.candidateUrl) ? named.name : undefined;
}

function refuseUnknown(config: NormalizedConfig | undefined, wanted: readonly (string | undefined)[]): void {
  if (config === undefined) return;
  const names = config.features.map(({ name }) => name);
  const unknown = wanted.find((name) => name !== undefined && !names.includes(name));
  if (unknown === undefined) return;
  throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${unknown}; there are: ${names.join(', ') || 'none'}`);
}

async function readHarFile(file: string, cwd: string): Promise<string> {
  const path = resolve(cwd, file);
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new FigError('FIG_HAR_INVALID', `${file} has ${size} bytes, more than can be read`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof FigError) throw error;
    throw new FigError('FIG_HAR_INVALID', `${file} cannot be read`, { cause: error });
  }
}

/** Opens the control store only where handlers of this process have to be asked, which read from it. */
async function withParties(
  config: NormalizedConfig,
  har: HarQuestions,
  options: RunHarOptions,
  work: (opened: OpenedParties) => Promise<ReplayReport>,
): Promise<ReplayReport> {
  const asked = new Set(har.asked.map(({ feature }) => feature));
  const needs = ({ name, candidateUrl }: NormalizedFeature): boolean => asked.has(name) && candidateUrl === undefined;
  const needsStore = options.candidateUrl === undefined && config.features.some(needs);
  const store = needsStore ? await openControlStore(config, options.cwd) : undefined;
  try {
    await using opened = await openParties({ ...options, config, store });
    return await work(opened);
  } finally {
    await store?.knex.destroy();
  }
}
