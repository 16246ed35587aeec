import type { Knex } from 'knex';
import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { BatchLimits } from '../batch-limits.ts';
import type { SpoolOptions } from '../postgres/spool-space.ts';
import type { AppliedBatch } from './applied-batch.ts';
import type { CaptureTimes } from './capture-times.ts';
import type { ChangeSource } from './change-source.ts';
import type { Setbacks } from './setbacks.ts';
import type { Standstill } from './standstill.ts';
import type { SyncProgress } from '../backfill/backfill.ts';
import type { Finding } from '../postgres/preflight/finding.ts';
import type { StreamTap } from '../tail/stream-tap.ts';
import type { ReadModelProgress } from '../read-model-progress.ts';

/** What a capture session is given, and whom it tells. Read models are named as their versions are: `order_summary_v1`. */
export interface SessionOptions {
  readonly url: string;
  readonly migration: string;
  readonly source: ChangeSource;
  readonly target: Knex;
  readonly readModels: readonly CapturedReadModel[];
  /** See `ChunkPace`. */
  readonly maxLoad: number;
  readonly batch: BatchLimits;
  readonly spool: SpoolOptions;
  /** Log that the server keeps at most for a read model that has failed, in bytes. */
  readonly maxBehind: number;
  /** What is remembered of read models that failed in earlier sessions. */
  readonly setbacks: Setbacks;
  /** What is remembered of sessions that got nowhere. */
  readonly standstill: Standstill;
  readonly times: CaptureTimes;
  readonly log: Log;
  /** Told what preflight found, each time that a session begins. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onState: (readModel: string, progress: ReadModelProgress) => void;
  readonly onProgress: (progress: SyncProgress) => void;
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
  /** Resolves when nobody reads the rows of the read model any more, which are about to be taken away. */
  readonly beforeEmptying: (readModel: string) => Promise<void>;
  /** Whether a position of the read model is told now, so that the next one may be told at once. */
  readonly isTold: (readModel: string) => boolean;
  /** Told before the position that a message without changes leads to: somebody waits for it. */
  readonly onNudge: () => void;
  /** Lets others look at what is applied. */
  readonly tap?: StreamTap | undefined;
  readonly onApplied: (batch: AppliedBatch) => void;
  /** More dead letters than these, and the read model is not read from. */
  readonly maxLetters: (readModel: CapturedReadModel) => number;
  /** Told of the keys that must not be read, before a position is told that they do not stand at. */
  readonly onLetters: (
    readModel: string,
    letters: { readonly parked: readonly string[]; readonly count: number },
  ) => void;
}
