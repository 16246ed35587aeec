import type { WriteEnd } from '../../../proxy/fellows.ts';

// What workers tell each other, through the primary, of the writes of their visitors. Visitors are hashes, see
// proxy/visitor.ts; they are never logged. Times are of the machine's monotonic clock, see kernel/machine-time.ts.

/** One thing that a worker announces. */
export type Said =
  | { readonly kind: 'began'; readonly write: number; readonly visitors: readonly string[] }
  | { readonly kind: 'ended'; readonly write: number; readonly end: WriteEnd }
  | { readonly kind: 'owes'; readonly visitors: readonly string[]; readonly until: number };

export type FromFellow =
  /** Numbered by the worker, from 1. */
  | { readonly type: 'said'; readonly batch: number; readonly said: readonly Said[] }
  /** It has taken in everything up to this batch of the primary's. */
  | { readonly type: 'took'; readonly batch: number }
  /** It notes writes by these phases, and has announced what is on its way. */
  | { readonly type: 'learned'; readonly number: number }
  /** Everything it had to announce until then has been sent before this. */
  | { readonly type: 'alive'; readonly at: number };

export type ToFellow =
  /** What a worker must know before it serves. */
  | {
      readonly type: 'joined';
      readonly writes: readonly (readonly [write: string, visitors: readonly string[]])[];
      readonly owing: readonly (readonly [visitor: string, until: number])[];
      /** Until then everybody owes; 0: nobody does because of it. */
      readonly everybodyOwesUntil: number;
      readonly learned: number;
      readonly allLearned: number;
      readonly knownAt: number;
    }
  /** What another worker said. Numbered by the primary for each worker. */
  | { readonly type: 'heard'; readonly batch: number; readonly of: number; readonly said: readonly Said[] }
  /** Another worker is gone: how its writes end nobody will tell. `ofEverybody`: nor whose they were. */
  | {
      readonly type: 'gone';
      readonly batch: number;
      readonly of: number;
      readonly until: number;
      readonly ofEverybody: boolean;
    }
  /** No worker can serve without knowing what was said up to this batch. */
  | { readonly type: 'known'; readonly batch: number }
  /** Everything that any other worker announced until `knownAt` has been sent before this. */
  | { readonly type: 'current'; readonly knownAt: number; readonly allLearned: number };

/** Names a write among those of all workers. */
export function writeName(worker: number, write: number): string {
  return `${worker}:${write}`;
}

/**
 * For so long a worker may serve by what it knows. A worker that hears nothing for longer leaves its reads to legacy; so
 * one that announces a write need not wait longer for anybody.
 */
export const LEASE_MS = 500;
/** Between two signs of life. Several fit into the lease, because processes are late when the machine is busy. */
export const BEAT_MS = 50;
