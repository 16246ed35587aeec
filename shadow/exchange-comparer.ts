import { setTimeout as delay } from 'node:timers/promises';
import type { Candidate, CandidateResult } from '../src/kernel/candidate.ts';
import type { NormalizedLegacyCache } from '../src/config/legacy-cache-rule.ts';
import { versionKey } from '../src/config/feature-versions.ts';
import type { NormalizedCompareRules } from '../src/config/compare-rules.ts';
import { systemClock, type Clock } from '../src/kernel/clock.ts';
import type { Exchange, HttpAnswer } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import { describeReads } from '../src/kernel/phase.ts';
import type { AppliedPosition } from '../src/kernel/position.ts';
import type { Difference } from '../src/kernel/verdict.ts';
import type { EvidenceItem } from '../src/store/evidence-item.ts';
import { askCandidate } from './ask-candidate.ts';
import { CandidateHealth } from './candidate-health.ts';
import { CacheWatch } from './cache/cache-watch.ts';
import { judgePastCache } from './cache/judge-past-cache.ts';
import type { LegacyAsker } from './ask-legacy.ts';
import type { ShadowCandidates } from './candidate-module.ts';
import { isBeyondComparison } from './comparability.ts';
import { FeatureCursors } from './cursors/feature-cursors.ts';
import type { PairedQuestions } from './cursors/paired-questions.ts';
import { comparedExchange, comparedResult } from './head-answers.ts';
import { displayText } from './display-text.ts';
import { FactSampler } from './facts/fact-sampler.ts';
import { candidatePort, legacyPort } from './guarded-ports.ts';
import { LastLook } from './last-look.ts';
import { LegacyStrain } from './legacy-strain.ts';
import { judge, type Judgement, type JudgeLimits, type JudgePorts, defaultJudgeLimits } from './judge.ts';
import { keepRulesOf, redactorFor } from './pairs/keep-rules.ts';
import type { PairKeeper } from './pairs/pair-keeper.ts';
import { repeatedHeaders } from './question-headers.ts';
import { evidenceKey, shapeOf, ShapeBook } from './question-shape.ts';
import type { Redactor } from './redact.ts';
import { RouteComparers } from './route-comparers.ts';
import { withoutRunDelay } from './run-delay.ts';
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

/** Questions that are with candidates at once. Judgements that wait for a fence take no place. */
const MAX_QUESTIONS = 8;

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
  /** Somebody asked for these comparisons: however often a candidate fails it is asked, and nothing is asked beside. */
  readonly isOnPurpose?: boolean | undefined;
  /** When legacy is asked again about a mismatch, in milliseconds, to find out whether it caches. */
  readonly recheckAfterMs?: readonly number[] | undefined;
  readonly log: Log;
  readonly clock?: Clock | undefined;
}

interface KnownFeature {
  readonly fingerprint: string;
  readonly compare: NormalizedCompareRules;
  readonly comparers: RouteComparers;
  readonly redactor: Redactor;
  readonly applied: AppliedPosition | undefined;
  readonly legacyCache: NormalizedLegacyCache | undefined;
  readonly cursors: FeatureCursors;
  /** By route: one that is broken must not hide what the others show. */
  readonly health: Map<string, CandidateHealth>;
}

/** Takes an exchange from question to evidence. */
export class ExchangeComparer {
  readonly #options: ExchangeComparerOptions;
  readonly #clock: Clock;
  readonly #features: ReadonlyMap<string, KnownFeature>;
  readonly #places = new Semaphore(MAX_QUESTIONS);
  readonly #shapes = new ShapeBook();
  readonly #facts = new FactSampler();
  readonly #visitors = new VisitorAnswers();
  readonly #toldUnsteady = new Set<string>();
  readonly #judgements: Semaphore;
  readonly #strain = new LegacyStrain();
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
    this.#features = new Map(
      options.candidates.features.map(({ key, fingerprint, compare }) => {
        const redactor = redactorFor(options.redactionKey, compare);
        const comparers = new RouteComparers(compare, redactor);
        return [
          key,
          {
            fingerprint,
            compare,
            comparers,
            redactor,
            applied: options.applied(key),
            legacyCache: compare.legacyCache,
            cursors: new FeatureCursors(compare.cursors, comparers, this.#clock),
            health: new Map<string, CandidateHealth>(),
          },
        ];
      }),
    );
  }

  /** Judges an exchange and records what it shows. Never rejects; a fault of ours makes the verdict undetermined. */
  async compare(received: Exchange): Promise<Judgement> {
    const exchange = comparedExchange(received);
    const key = versionKey(exchange.feature, exchange.version);
    const feature = this.#features.get(key);
    const candidate = this.#options.candidates.candidate(key);
    if (!feature || !candidate) return undetermined('no-candidate');
    this.#seeLegacy(exchange);
    try {
      const limits = judgeLimits(this.#options.settings, feature.applied !== undefined);
      const comparer = feature.comparers.of(exchange.route);
      const looks = new LastLook(comparer, exchange.question);
      const questions = feature.cursors.questionsFor(exchange);
      if (!questions) {
        const unknown = undetermined('unknown-cursor');
        this.#options.record(this.#toItem(exchange, feature, unknown, looks));
        return unknown;
      }
      const heard: Heard = { candidate: undefined };
      const ports = this.#portsFor(exchange, questions, { feature, candidate, looks, heard });
      const first = await this.#judgements.run(() => judge(exchange, ports, this.#clock, limits));
      const isFenced = feature.applied !== undefined;
      const rules = { rule: feature.legacyCache, isFenced };
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
      this.#options.record({ ...this.#toItem(exchange, feature, judgement, looks), pair });
      this.#tellUnsteady(exchange, judgement);
      feature.cursors.learn(exchange, judgement);
      const scope = { feature: exchange.feature, fingerprint: feature.fingerprint, route: exchange.route };
      if (this.#options.isOnPurpose !== true) this.#cache.recheck(scope, judgement, isFenced, ports);
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

  #seeLegacy({ feature, route, servedBy, answer, tookMs }: Exchange): void {
    if (servedBy === 'legacy') this.#strain.saw(`${feature} ${route}`, answer.status, tookMs, performance.now());
  }

  #wasParked({ feature, version, parkings = 0 }: Exchange): boolean {
    return (this.#options.parkings?.(versionKey(feature, version)) ?? 0) !== parkings;
  }

  #portsFor(
    exchange: Exchange,
    questions: PairedQuestions,
    {
      feature: { applied, health },
      candidate,
      looks,
      heard,
    }: {
      readonly feature: KnownFeature;
      readonly candidate: Candidate;
      readonly looks: LastLook;
      readonly heard: Heard;
    },
  ): JudgePorts {
    const { feature, route, params, question } = exchange;
    const { candidates, legacy, settings } = this.#options;
    const asked = {
      feature,
      route,
      params,
      ...questions.candidate,
      headers: repeatedHeaders(question.headers),
    };
    const ask = (): Promise<CandidateResult> => askCandidate(candidate, asked, settings.candidateTimeoutMs);
    const askAndHear = async (): Promise<CandidateResult> => {
      const result = comparedResult(exchange, await this.#places.run(() => withoutRunDelay(ask)));
      heard.candidate = result.ok ? result.answer : undefined;
      return result;
    };
    const settle = async (): Promise<boolean> => delay(settings.settleMs, true);
    return {
      askCandidate:
        this.#options.isOnPurpose === true ? askAndHear : candidatePort(healthOf(health, route), askAndHear),
      askLegacy: legacyPort(this.#strain, `${feature} ${route}`, async () =>
        comparedResult(exchange, await withoutRunDelay(() => legacy.ask(questions.legacy))),
      ),
      readSourcePosition: () => (applied ? candidates.readSourcePosition() : Promise.resolve(0n)),
      waitApplied: (position, budgetMs) => (applied ? applied.waitFor(position, budgetMs) : settle()),
      compare: (ours, theirs) => looks.compare(ours, theirs),
    };
  }

  #toItem(exchange: Exchange, known: KnownFeature, judgement: Judgement, looks: LastLook): EvidenceItem {
    const { fingerprint, redactor, cursors } = known;
    const { feature, route, question } = exchange;
    const { verdict, reason, critical, legacy } = judgement;
    const step = describeReads(exchange.reads);
    const isProof = verdict === 'match' || verdict === 'mismatch' || verdict === 'error';
    const isComparable = verdict !== 'skipped' || !isBeyondComparison(reason);
    // Of what the user got from another version nobody knows whether legacy would have answered in that way.
    const seen = legacy ?? (exchange.isOfOtherVersion === true ? undefined : exchange.answer);
    const shape = seen && isComparable ? redactor.text(shapeOf(seen.status, question)) : undefined;
    const key =
      isProof && legacy
        ? evidenceKey(cursors.keyQuestion(question), known.comparers.of(route).digest(legacy, question), verdict)
        : undefined;
    // As they are stored, so that facts of them are redacted as well.
    const differences =
      verdict === 'mismatch' || verdict === 'error' ? judgement.differences.map(redactedBy(redactor)) : [];
    return {
      feature,
      fingerprint,
      step,
      stay: exchange.stay,
      route,
      verdict,
      reason,
      critical,
      key,
      shape: shape && this.#shapes.enter(`${versionKey(feature, exchange.version)} ${step} ${route}`, shape),
      legacyMs: judgement.legacyMs,
      candidateMs: judgement.candidateMs,
      differences,
      facts: this.#facts.take(exchange, { verdict, legacy, differences }, known, { key, step }),
      question: described(exchange, redactor),
      hidden: looks.hidden(verdict),
      seenAt: this.#clock.now(),
    };
  }

  #hold(
    { question, route, params }: Exchange,
    { compare, redactor }: KnownFeature,
    { verdict, legacy }: Judgement,
    heard: Heard,
  ) {
    if (verdict !== 'mismatch' && verdict !== 'error') return undefined;
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

/** What the candidate answered last, which is the answer that a mismatch is about. */
interface Heard {
  candidate: HttpAnswer | undefined;
}

/** As samples show it. Of a body no more than the operation's name: the rest of it is personal. */
function described({ question, params }: Exchange, redactor: Redactor): string {
  const { method, target, query } = question;
  const asked = `${method} ${redactor.target(target, params)}`;
  return query?.operation === undefined ? asked : `${asked} ${redactor.text(query.operation)}`;
}

/** What the candidate says of its failure is text of unknown content. */
function redactedBy(redactor: Redactor): (difference: Difference) => Difference {
  return (difference) => {
    if (difference.kind !== 'error' || difference.candidate === undefined) return difference;
    return { ...difference, candidate: displayText(difference.candidate, redactor) };
  };
}

/** Without a fence the verdict is no less, but it says what it rests on. */
function said(judgement: Judgement, { applied }: KnownFeature): Judgement {
  const isFenced = applied !== undefined || judgement.verdict === 'match' || judgement.reason !== '';
  return isFenced ? judgement : { ...judgement, reason: 'settled' };
}

function healthOf(healths: Map<string, CandidateHealth>, route: string): CandidateHealth {
  const health = healths.get(route) ?? new CandidateHealth();
  healths.set(route, health);
  return health;
}

/** Where there is no fence the wait in its place takes its time in each round, and is not held against the judgement. */
function judgeLimits(settings: ShadowSettings, isFenced: boolean): JudgeLimits {
  const { totalBudgetMs, racedTries, quickRoundMs } = defaultJudgeLimits;
  const { fenceBudgetMs, settleMs, confirmations = defaultJudgeLimits.confirmations } = settings;
  const settlingMs = isFenced ? 0 : settleMs * (confirmations + racedTries);
  return {
    ...defaultJudgeLimits,
    fenceBudgetMs,
    confirmations,
    totalBudgetMs: totalBudgetMs + settlingMs,
    // However short the wait: nobody knows that the read model stood level.
    quickRoundMs: isFenced ? quickRoundMs : 0,
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
