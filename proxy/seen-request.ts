import type { Side } from '../src/kernel/exchange.ts';
import type { Reason } from './decide.ts';
import type { Refusal } from './load.ts';

/** A finished request as traffic observation gets it. Holds no query, no header, no body. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined when the client was gone before there was an answer. */
  readonly status: number | undefined;
  readonly servedBy: Side;
  /** Why legacy answered although the candidate's turn it was. */
  readonly fallback?: Reason | undefined;
  /** `refused`: not forwarded at all. A `Refusal`: turned away by a limit. `upgrade`: a protocol upgrade; the time is that of its handshake. */
  readonly reason: Reason | Refusal | 'refused' | 'upgrade';
  /** From arrival until the last byte was sent. */
  readonly tookMs: number;
  /** The answer did not go out to its end. */
  readonly aborted: boolean;
}

/** What the main line knows when it is through; time and abortion are known when the answer has gone out. */
export type Handled = Omit<SeenRequest, 'tookMs' | 'aborted' | 'method' | 'path'>;

/** Who waits for the end of the main line. One of the two is called, once. */
export interface Completion {
  readonly done: (handled: Handled) => void;
  readonly failed: (error: unknown) => void;
}
