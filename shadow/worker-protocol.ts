import type { LegacyTlsSource } from '../src/config/connect-legacy.ts';
import type { Exchange } from '../src/kernel/exchange.ts';
import type { Verdict } from '../src/kernel/verdict.ts';

/** What the app gives the worker. Everything in it survives a structured clone. */
export interface ShadowWorkerData {
  readonly configFile: string | undefined;
  readonly storeUrl: string;
  readonly legacyUrl: string;
  /** How a legacy at https is verified. */
  readonly legacyTls?: LegacyTlsSource | undefined;
  readonly legacyDatabaseUrl: string | undefined;
  /** File URL of a module that exports `openCandidates` (see `CandidateModule`). */
  readonly candidateModule: string;
  /** From `createSharedPositions`, for `positionKeys` in their order. */
  readonly position: SharedArrayBuffer;
  /** Keys of versions, see `ComparedFeature`. */
  readonly positionKeys: readonly string[];
  /** Milliseconds; what is absent has the default of exchange-comparer.ts. */
  readonly settings?: Partial<ShadowSettings> | undefined;
}

export interface ShadowSettings {
  /** For one question to the candidate, at least: where users wait longer for it, so does the shadow. */
  readonly candidateTimeoutMs: number;
  /** For one question to legacy. */
  readonly legacyTimeoutMs: number;
  /** For the read model to reach a fence. */
  readonly fenceBudgetMs: number;
  /** What is waited in place of a fence where no position can be known. */
  readonly settleMs: number;
  /** Slow rounds after which a mismatch is said, see `JudgeLimits`. Default as there. */
  readonly confirmations?: number | undefined;
  /** How often legacy is asked again where nothing differs, to learn what it varies by itself. */
  readonly sandwich: { readonly share: number; readonly maxPerSecond: number };
}

export type ToWorker =
  | { readonly type: 'exchange'; readonly sequence: number; readonly exchange: Exchange }
  /** Finish what is under way within the budget, write everything, and end. */
  | { readonly type: 'stop'; readonly budgetMs: number };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export const aliveEveryMs = 500;

export type FromWorker =
  | { readonly type: 'ready' }
  /** The thread's loop turns; said every `aliveEveryMs`, because a judgement may wait longer for its fence than a worker may be stuck. */
  | { readonly type: 'alive' }
  /** An exchange has been dealt with, whatever it came to. */
  | {
      readonly type: 'done';
      readonly sequence: number;
      readonly feature: string;
      readonly route: string;
      readonly verdict: Verdict;
    }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    };
