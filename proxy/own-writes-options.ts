import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import type { AppliedPosition, SourcePosition } from '../src/kernel/position.ts';
import type { Fellows } from './fellows.ts';

/** Whom own writes ask, and how long. */
export interface OwnWritesOptions {
  readonly source: SourcePosition | undefined;
  readonly applied: (feature: string, version: number | undefined) => AppliedPosition | undefined;
  readonly routing: () => RoutingSnapshot;
  readonly fenceBudgetMs: number;
  readonly secret: Uint8Array;
  /** Names the log that the source writes now; undefined while that is not known. Default: there is only one. */
  readonly sourceLog?: (() => string | undefined) | undefined;
  /**
   * Milliseconds that a feature which has just entered is left with legacy, so that every other proxy has learned of it
   * and notes writes by then. Default 0: there is no other proxy.
   */
  readonly entryGraceMs?: number | undefined;
  /**
   * Whether the phases were heard so lately that a proxy which entered since is still within its grace. While they were
   * not, visitors carry notes of their writes in every phase. Default: always.
   */
  readonly isRoutingFresh?: (() => boolean) | undefined;
  /** Other processes on the same port, who are told of writes. Default: there are none. */
  readonly fellows?: Fellows | undefined;
  readonly secureCookies: boolean;
  readonly log: Log;
  readonly maxVisitors?: number | undefined;
  /** The machine's clock, which nobody sets. */
  readonly now?: (() => number) | undefined;
  /** Milliseconds since the epoch, by which notes are told apart. */
  readonly wallNow?: (() => number) | undefined;
}
