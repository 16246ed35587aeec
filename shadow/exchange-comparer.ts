import { versionKey } from '../src/config/feature-versions.ts';
import { systemClock, type Clock } from '../src/kernel/clock.ts';
import type { Exchange } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { AppliedPosition } from '../src/kernel/position.ts';
import type { EvidenceItem } from '../src/store/evidence-item.ts';
import { CacheWatch } from './cache/cache-watch.ts';
import { judgePastCache } from './cache/judge-past-cache.ts';
import type { LegacyAsker } from './ask-legacy.ts';
import type { ShadowCandidates } from './candidate-module.ts';
import { AskingBoth, type Heard } from './asking-both.ts';
import { EvidenceOf } from './evidence-of.ts';
import { comparedExchange } from './head-answers.ts';
import { LastLook } from './last-look.ts';
import { defaultJudgeLimits, judge, type Judgement, type JudgeLimits } from './judge.ts';
import { knowFeature, type KnownFeature, settlesForMs, standsExactly } from './known-feature.ts';
import { keepRulesOf } from './pairs/keep-rules.ts';
import type { PairKeeper } from './pairs/pair-keeper.ts';
import { Semaphore } from './semaphore.ts';
import { tellVisitorsApart } from './tell-visitors-apart.ts';
import { VisitorAnswers } from './visitor-answers.ts';
import { VariationWatch } from './variation/variation-watch.ts';
import type { VariationBook } from './variation/variation-book.ts';
import type { ShadowSettings } from './worker-protocol.ts';

export const defaultShadowSettings: ShadowSettings = {
  candidateTimeoutMs: 2_000,
  legacyTimeoutMs: 5_000,
  fenceBudgetMs: 5_000,
  settleMs: 1_000,
  sandwich: { share: 0.01, maxPerSecond: 1 },
};

export interface ExchangeComparerOptions {
  readonly candidates: ShadowCandidates;
  readonly legacy: LegacyAsker;
  /** By the key of a version, see `ComparedFeature`. Undefined for one whose position cannot be known: then time takes the place of the fence. */
  readonly applied: (key: string) => AppliedPosition | undefined;
  /** How often keys of a read model have been parked, by the key of its version. Default: none ever was. */
  readonly parkings?: ((key: string) => number) | undefined;
  readonly redactionKey: Uint8Array;
  /** Holds what differs until it is stored; undefined: no pairs are. */
  readonly pairs?: PairKeeper | undefined;
  readonly record: (item: EvidenceItem) => void;
  /** Where it is counted what legacy varies by itself. Default: nowhere. */
  readonly variations?: VariationBook | undefined;
  readonly settings: ShadowSettings;
  /** Places for judgements; one that waits for a cache of legacy's takes none. Default: as many as there are judgements. */
  readonly judgements?: Semaphore | undefined;
  /**
   * Somebody asked for these comparisons, in a process that has just started, say: however often a candidate fails it is asked, how long
   * it takes to agree does not count, and nothing is asked beside.
   */
  readonly isOnPurpose?: boolean | undefined;
  /** When legacy is asked again about a mismatch, in milliseconds, to find out whether it caches. */
  readonly recheckAfterMs?: readonly number[] | undefined;
  readonly log: Log;
  readonly clock?: Clock | undefined;
}

/** Takes an exchange from question to evidence. */
export class ExchangeComparer {
  readonly #options: ExchangeComparerOptions;
  readonly #clock: Clock;
  readonly #features: ReadonlyMap<string, KnownFeature>;
  readonly #evidence: EvidenceOf;
  readonly #sides: AskingBoth;
  readonly #visitors = new VisitorAnswers();
  readonly #toldUnsteady = new Set<string>();
  readonly #judgements: Semaphore;
  readonly #cache: CacheWatch;
  readonly #variations: VariationWatch | undefined;

  /** Throws a SyntaxError when a path of a feature's rules cannot be read. */
  constructor(options: ExchangeComparerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#judgements = options.judgements ?? new Semaphore(Number.POSITIVE_INFINITY);
    this.#cache = new CacheWatch({
      clock: this.#clock,
      suspected: (scope, variation) => options.variations?.enter(scope, [variation]),
      recheckAfterMs: options.recheckAfterMs,
    });
    this.#variations =
      options.variations && new VariationWatch(options.variations, options.settings.sandwich, this.#clock);
    const { candidates, legacy, settings, redactionKey, applied, isOnPurpose = false } = options;
    this.#evidence = new EvidenceOf(this.#clock);
    this.#sides = new AskingBoth({ candidates, legacy, settings, sparesNobody: isOnPurpose });
    this.#features = new Map(
      candidates.features.map((feature) => [
        feature.key,
        knowFeature(feature, redactionKey, applied(feature.key), this.#clock),
      ]),
    );
  }

  /** Judges an exchange and records what it shows. Never rejects; a fault of ours makes the verdict undetermined. */
  async compare(received: Exchange): Promise<Judgement> {
    const exchange = comparedExchange(received);
    const key = versionKey(exchange.feature, exchange.version);
    const feature = this.#features.get(key);
    const candidate = this.#options.candidates.candidate(key);
    if (!feature || !candidate) return undetermined('no-candidate');
    this.#sides.seeLegacy(exchange);
    try {
      const { settings, isOnPurpose = false } = this.#options;
      const limits = judgeLimits(settings, feature, isOnPurpose);
      const comparer = feature.comparers.of(exchange.route);
      const looks = new LastLook(comparer, exchange.question);
      const questions = feature.cursors.questionsFor(exchange);
      if (!questions) {
        const unknown = undetermined('unknown-cursor');
        this.#options.record(this.#evidence.item(exchange, feature, unknown, looks));
        return unknown;
      }
      const heard: Heard = { candidate: undefined };
      const ports = this.#sides.portsFor({ exchange, questions, known: feature, candidate, looks, heard });
      const first = await this.#judgements.run(() => judge(exchange, ports, this.#clock, limits));
      const isFenced = standsExactly(feature);
      const rules = { rule: feature.compare.legacyCache, isFenced };
      looks.rest();
      const held = await this.#cache.hold(exchange, first, rules, (mismatch, reason) =>
        this.#judgements.run(() => judgePastCache(exchange, mismatch, ports, this.#clock, limits, reason)),
      );
      const judged = tellVisitorsApart(
        this.#visitors,
        { exchange, judgement: said(held, feature), candidate: heard.candidate, now: this.#clock.now() },
        (answer) => comparer.digest(answer, exchange.question),
      );
      // Whatever it came to: to leave out mismatches alone would make the rest look better than it is.
      const judgement = this.#wasParked(exchange) ? skippedAsParked(judged) : judged;
      const pair = this.#hold(exchange, feature, judgement, heard);
      this.#options.record({ ...this.#evidence.item(exchange, feature, judgement, looks), pair });
      this.#tellUnsteady(exchange, judgement);
      feature.cursors.learn(exchange, judgement);
      const scope = { feature: exchange.feature, fingerprint: feature.fingerprint, route: exchange.route };
      if (!isOnPurpose) this.#cache.recheck(scope, judgement, isFenced, ports);
      await this.#variations?.watch(scope, judged, ports);
      return judgement;
    } catch (error) {
      const { feature: name, route } = exchange;
      this.#options.log.error({ feature: name, route, error: describeError(error) }, 'a comparison failed');
      return undetermined('fault');
    }
  }

  /** Judgements that wait for a cache of legacy's end undetermined. */
  close(): void {
    this.#cache.close();
  }

  #wasParked({ feature, version, parkings = 0 }: Exchange): boolean {
    return (this.#options.parkings?.(versionKey(feature, version)) ?? 0) !== parkings;
  }

  #hold(
    { question, route, params }: Exchange,
    { compare, redactor, keepsPairs }: KnownFeature,
    { verdict, legacy }: Judgement,
    heard: Heard,
  ) {
    if (!keepsPairs || (verdict !== 'mismatch' && verdict !== 'error')) return undefined;
    return this.#options.pairs?.hold(
      { question, params, legacy, candidate: heard.candidate },
      keepRulesOf(compare, route),
      redactor,
    );
  }

  /** Said once per place: it is what an ignore rule is wanted for. */
  #tellUnsteady({ feature, route }: Exchange, { reason, differences }: Judgement): void {
    if (reason !== 'legacy-unsteady') return;
    for (const { path } of differences) {
      const place = `${feature} ${route} ${path}`;
      if (this.#toldUnsteady.has(place) || this.#toldUnsteady.size >= 1_000) continue;
      this.#toldUnsteady.add(place);
      this.#options.log.info({ feature, route, path }, 'legacy differs from itself here; an ignore rule may be needed');
    }
  }
}

/** Without a fence the verdict is no less, but it says what it rests on. */
function said(judgement: Judgement, feature: KnownFeature): Judgement {
  const isFenced = standsExactly(feature) || judgement.verdict === 'match' || judgement.reason !== '';
  return isFenced ? judgement : { ...judgement, reason: 'settled' };
}

/** What is waited because nothing else tells takes its time in each round, and is not held against the judgement. */
function judgeLimits(settings: ShadowSettings, feature: KnownFeature, isOnPurpose: boolean): JudgeLimits {
  const { totalBudgetMs, racedTries, quickRoundMs } = defaultJudgeLimits;
  const { fenceBudgetMs, settleMs, confirmations = defaultJudgeLimits.confirmations } = settings;
  const roundMs = settlesForMs(feature, settleMs);
  return {
    ...defaultJudgeLimits,
    fenceBudgetMs: fenceBudgetMs + roundMs,
    confirmations,
    totalBudgetMs: totalBudgetMs + roundMs * (confirmations + racedTries),
    // However short the wait: nobody knows that the read model stood level.
    quickRoundMs: standsExactly(feature) ? quickRoundMs : 0,
    usersWaitMs: isOnPurpose ? undefined : feature.candidateTimeoutMs,
  };
}

function skippedAsParked(judged: Judgement): Judgement {
  return { ...judged, verdict: 'skipped', reason: 'parked', differences: [], critical: false };
}

function undetermined(reason: 'no-candidate' | 'unknown-cursor' | 'fault'): Judgement {
  return {
    verdict: 'undetermined',
    reason,
    differences: [],
    critical: false,
    legacy: undefined,
    candidate: undefined,
    sandwich: undefined,
    ageMs: undefined,
    legacyMs: undefined,
    candidateMs: undefined,
  };
}
