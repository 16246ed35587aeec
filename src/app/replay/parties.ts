import { randomUUID } from 'node:crypto';
import { askCandidate } from '../../../shadow/ask-candidate.ts';
import { LegacyAsker } from '../../../shadow/ask-legacy.ts';
import type { ComparedFeature } from '../../../shadow/candidate-module.ts';
import { errorText } from '../../../shadow/error-text.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../../shadow/exchange-comparer.ts';
import { redactorFor } from '../../../shadow/pairs/keep-rules.ts';
import { repeatedHeaders } from '../../../shadow/question-headers.ts';
import { createRedactor, type Redactor } from '../../../shadow/redact.ts';
import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { LegacyTlsSource } from '../../config/connect-legacy.ts';
import type { Candidate } from '../../kernel/candidate.ts';
import type { Exchange, HttpAnswer, RawHeaders } from '../../kernel/exchange.ts';
import { silentLog } from '../../kernel/log.ts';
import type { AppliedPosition, Position } from '../../kernel/position.ts';
import type { Difference } from '../../kernel/verdict.ts';
import type { RoutedQuestion } from './find-route.ts';
import { withGiven } from './given-headers.ts';
import type { ReplayResult } from './result.ts';

/** An idle read model tells its position every five seconds, so the fence of a replay is waited for longer than a live one. */
const FENCE_BUDGET_MS = 12_000;
/** A fence takes up to five seconds here. Who asks on purpose can ask again, when nobody writes. */
const CONFIRMATIONS = 2;
const LEGACY_TIMEOUT_MS = 15_000;
const CANDIDATE_TIMEOUT_MS = 10_000;

export interface PartiesOptions {
  /** One version of each feature. */
  readonly versions: readonly (FeatureVersion & Pick<ComparedFeature, 'arrivesWithinMs'>)[];
  readonly legacy: { readonly url: URL; readonly tls: LegacyTlsSource };
  /** By the key of a version. */
  readonly candidate: (key: string) => Candidate | undefined;
  readonly applied: (key: string) => AppliedPosition | undefined;
  readonly readSourcePosition: () => Promise<Position>;
  readonly redactionKey: Uint8Array;
  /** Sent with every question. */
  readonly given: RawHeaders;
}

export interface FailedAnswer {
  readonly failed: string;
}

/** Both sides, to be asked again and judged as live traffic is. Nothing is recorded. */
export class Parties implements AsyncDisposable {
  readonly #options: PartiesOptions;
  readonly #legacy: LegacyAsker;
  readonly #comparer: ExchangeComparer;
  readonly #redactors: ReadonlyMap<string, Redactor>;

  constructor(options: PartiesOptions) {
    const { versions, legacy, candidate, applied, readSourcePosition, redactionKey } = options;
    this.#options = options;
    this.#legacy = new LegacyAsker({ ...legacy, concurrency: 2, timeoutMs: LEGACY_TIMEOUT_MS });
    this.#redactors = new Map(versions.map(({ name, compare }) => [name, redactorFor(redactionKey, compare)]));
    this.#comparer = new ExchangeComparer({
      candidates: { candidate, features: versions, readSourcePosition, close: () => Promise.resolve() },
      legacy: this.#legacy,
      applied,
      redactionKey,
      record: () => undefined,
      isOnPurpose: true,
      settings: {
        ...defaultShadowSettings,
        fenceBudgetMs: FENCE_BUDGET_MS,
        confirmations: CONFIRMATIONS,
        legacyTimeoutMs: LEGACY_TIMEOUT_MS,
        candidateTimeoutMs: CANDIDATE_TIMEOUT_MS,
      },
      log: silentLog,
    });
  }

  /** Never rejects. */
  async ask({ feature, route, params, question: asked }: RoutedQuestion): Promise<ReplayResult> {
    const version = this.#options.versions.find(({ name }) => name === feature);
    const redactor = this.#redactors.get(feature) ?? createRedactor(this.#options.redactionKey);
    const question = { ...asked, headers: withGiven(asked.headers, this.#options.given) };
    const exchange: Exchange = {
      id: randomUUID(),
      feature,
      route,
      params,
      reads: { phase: 'shadow', percent: 0 },
      version: version?.key === feature ? undefined : version?.version,
      // No user waits for an answer, so both sides are asked for one.
      isOfOtherVersion: true,
      question,
      answer: { status: 200, headers: [], body: new Uint8Array() },
      servedBy: 'legacy',
      askedAt: Date.now(),
      tookMs: 0,
    };
    const { verdict, reason, differences, legacy, legacyMs } = await this.#comparer.compare(exchange);
    return {
      feature,
      route,
      question: `${asked.method} ${redactor.target(asked.target, params)}`,
      verdict,
      reason,
      differences: differences.map((difference) => redacted(difference, redactor)),
      legacyStatus: legacy?.status,
      legacyMs,
    };
  }

  /** The candidate alone: its answer, or what it failed with. Never rejects. */
  async askCandidate({ feature, route, params, question }: RoutedQuestion): Promise<HttpAnswer | FailedAnswer> {
    const candidate = this.#options.candidate(this.#options.versions.find(({ name }) => name === feature)?.key ?? '');
    if (candidate === undefined) return { failed: 'it has no candidate' };
    const headers = repeatedHeaders(withGiven(question.headers, this.#options.given));
    const asked = { feature, route, params, ...question, headers };
    const result = await askCandidate(candidate, asked, CANDIDATE_TIMEOUT_MS);
    return result.ok ? result.answer : { failed: `${result.failure}: ${result.reason}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#comparer.close();
    await this.#legacy[Symbol.asyncDispose]();
  }
}

/** What a candidate says of its failure is text of unknown content. */
function redacted(difference: Difference, redactor: Redactor): Difference {
  if (difference.kind !== 'error' || difference.candidate === undefined) return difference;
  return { ...difference, candidate: errorText(difference.candidate, redactor) };
}
