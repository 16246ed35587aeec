import type { TailLine } from '../../sync/tail/tail-line.ts';

export interface TailRequest {
  /** Only tables that this feature's read models are made from. */
  readonly feature?: string | undefined;
  /** Only `insert`, `update`, `delete`, `truncate`, or events of that name. */
  readonly type?: string | undefined;
  readonly from: 'beginning' | 'now';
}

/** A line, or how many are missing between the last one and the next. */
export type TailItem = TailLine | { readonly lost: number };

/** Who looks. Each has a bounded room; what is in it when it goes is lost with it. */
export interface TailReader {
  /** From now on everything is seen. */
  begin(): void;
  /** False: there is no room for it. */
  take(item: TailItem): boolean;
  /** Resolves when there is room again, or the signal has aborted. */
  room(): Promise<void>;
  /** Aborts when nobody looks any more. */
  readonly signal: AbortSignal;
}

/**
 * Shows changes as they go through, until the reader's signal aborts. Throws FIG_UNKNOWN_FEATURE, FIG_USAGE for what the
 * transport cannot give, FIG_OTHER_ROLE where changes do not come by this process, FIG_KAFKA_*.
 */
export type EventTail = (request: TailRequest, reader: TailReader) => Promise<void>;
