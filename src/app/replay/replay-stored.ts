import type { HttpQuestion } from '../../kernel/exchange.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { PairStore, type KeptPair } from '../../store/pair-store.ts';
import type { RoutedRead } from '../serving/parked-reads.ts';
import { askAll, type AskOptions, type Asked } from './ask-all.ts';
import { routeFinder, type RoutedQuestion } from './find-route.ts';
import type { Told } from '../../../shadow/pairs/tell-of-stored.ts';
import { sumUpGroups, tellOf, type ToldOf } from './group-outcomes.ts';
import { countVerdicts, groupResults, listLeftOut } from './group-results.ts';
import { openParties, type OpenControlStore } from './open-parties.ts';
import type { ReplayReport } from './replay-report.ts';
import type { NotAsked, ReplayResult } from './result.ts';

export interface ReplayStoredOptions extends AskOptions {
  readonly config: NormalizedConfig;
  readonly store: OpenControlStore;
  /** Id of a group, or the beginning of one; undefined: all of them. */
  readonly group?: string | undefined;
  readonly feature?: string | undefined;
  readonly route?: string | undefined;
  /** Pairs at most, the newest. */
  readonly limit?: number | undefined;
  /** Asks also without credentials what was asked with them. */
  readonly anonymous?: boolean | undefined;
}

/** A stored pair, and its question as it can be asked, or why it cannot. */
interface Choice {
  readonly pair: KeptPair;
  readonly asked: RoutedQuestion | string;
}

/**
 * Asks stored questions again of both sides, and says of each group whether it is gone. Throws FIG_UNKNOWN_FEATURE and
 * FIG_UNKNOWN_GROUP.
 */
export async function replayStored(options: ReplayStoredOptions): Promise<ReplayReport> {
  const { config, store, group } = options;
  refuseUnknown(config, options.feature);
  const listed = await new PairStore(store.knex).list({ feature: options.feature, route: options.route });
  const wanted =
    group === undefined ? listed : listed.filter(({ groups }) => groups.some(({ id }) => id.startsWith(group)));
  if (group !== undefined && wanted.length === 0) {
    throw new FigError(
      'FIG_UNKNOWN_GROUP',
      `no stored question shows a group ${JSON.stringify(group)}${offOf(config)}`,
    );
  }
  const pairs = distinct(wanted).slice(0, options.limit ?? wanted.length);
  await using opened = await openParties({ config, store, given: options.given });
  const choose = chooser(options, opened.isParked);
  const choices = pairs.map((pair): Choice => ({ pair, asked: choose(pair) }));
  const askable = choices.flatMap(({ pair, asked }) => (typeof asked === 'string' ? [] : [{ ...asked, pair }]));
  const { results, stopped } = await askAll(askable, (question) => opened.parties.ask(question), options);
  return report({ choices, results, stopped, group, off: offOf(config) });
}

function refuseUnknown({ features }: NormalizedConfig, feature: string | undefined): void {
  const names = features.map(({ name }) => name);
  if (feature === undefined || names.includes(feature)) return;
  throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${feature}; there are: ${names.join(', ') || 'none'}`);
}

/** Where pairs are turned off that is the likely reason for there being none. */
function offOf({ features }: NormalizedConfig): string {
  const off = features.filter(({ shadow }) => !shadow.pairs).map(({ name }) => name);
  return off.length === 0 ? '' : ` (none is stored of ${off.join(', ')}: shadow.pairs is false)`;
}

/** The same question may be stored for several steps and states of the rules; the newest stands for all. */
function distinct(pairs: readonly KeptPair[]): readonly KeptPair[] {
  const seen = new Set<string>();
  return pairs.filter(({ feature, route, question: { method, target, headers }, groups }) => {
    const key = JSON.stringify([feature, route, method, target, headers, groups.map(({ id }) => id)]);
    return !seen.has(key) && seen.add(key);
  });
}

function chooser(
  { config, given, anonymous }: ReplayStoredOptions,
  isParked: (read: RoutedRead) => boolean,
): (pair: KeptPair) => RoutedQuestion | string {
  const find = routeFinder(config.features);
  return ({ feature, route, question: { method, target, headers, removed, hadCredentials } }) => {
    if (removed[0] !== undefined) return removed[0];
    if (hadCredentials && given.length === 0 && anonymous !== true) return 'credentials';
    const question: HttpQuestion = { method, target, headers };
    const routed = find(question, undefined);
    if (typeof routed === 'string' || routed.feature !== feature || routed.route !== route) return 'no-route';
    return isParked(routed) ? 'parked' : routed;
  };
}

function report({
  choices,
  results,
  stopped,
  group,
  off,
}: {
  readonly choices: readonly Choice[];
  readonly results: readonly Asked<{ readonly pair: KeptPair }>[];
  readonly stopped: string | undefined;
  readonly group: string | undefined;
  readonly off: string;
}): ReplayReport {
  const byPair = new Map<KeptPair, ReplayResult>(results.map(({ item, result }) => [item.pair, result]));
  const told = choices.flatMap(({ pair, asked }): ToldOf[] => {
    const { feature, route } = pair;
    const tell = (of: KeptPair['groups'][number]): Told => {
      const result = byPair.get(pair);
      if (result) return tellOf(of, pair.legacy?.status, result);
      return { outcome: 'undetermined', reason: typeof asked === 'string' ? asked : 'stopped' };
    };
    return pair.groups
      .filter(({ id }) => group === undefined || id.startsWith(group))
      .map((each) => ({ ...each, feature, route, told: tell(each) }));
  });
  const notAsked = choices.flatMap(({ pair, asked }): NotAsked[] => {
    if (byPair.has(pair)) return [];
    const question = `${pair.question.method} ${pair.question.target}`;
    return [{ question, reason: typeof asked === 'string' ? asked : 'stopped' }];
  });
  const plain = results.map(({ result }) => result);
  return {
    source: 'stored',
    at: new Date().toISOString(),
    verdicts: countVerdicts(plain),
    outcomes: sumUpGroups(told),
    groups: groupResults(plain),
    left: listLeftOut(notAsked, plain),
    stopped,
    notes: choices.length === 0 ? [`No questions are stored: nothing has differed since fig keeps them${off}.`] : [],
  };
}
