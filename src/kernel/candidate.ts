import type { CandidateFailure, HttpAnswer, HttpQuestion } from './exchange.ts';

export interface CandidateQuestion extends HttpQuestion {
  readonly feature: string;
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  /** Version of the read model that is to answer, see `FeatureRouting`. */
  readonly version?: number | undefined;
}

export type CandidateResult =
  | { readonly ok: true; readonly answer: HttpAnswer; readonly tookMs: number }
  | { readonly ok: false; readonly failure: CandidateFailure; readonly reason: string; readonly tookMs: number };

/** Whatever is to replace legacy for a route. Never rejects; a failure is a result. */
export interface Candidate {
  ask(question: CandidateQuestion, timeoutMs: number): Promise<CandidateResult>;
}
