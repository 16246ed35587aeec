import type { Knex } from 'knex';
import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { SyncProgress } from '../backfill/backfill.ts';
import type { BatchLimits } from '../batch-limits.ts';
import type { SpoolOptions } from '../postgres/spool-space.ts';
import type { StreamTap } from '../tail/stream-tap.ts';
import type { AppliedBatch } from './applied-batch.ts';
import type { CaptureTimes } from './capture-times.ts';
import type { ChangeSource } from './change-source.ts';
import type { SetbackRests } from './setbacks.ts';

/** What a capture works on, how, and who is told. */
export interface CaptureOptions {
  /** Connection URL of the legacy database. */
  readonly url: string;
  /** Name of the migration; slot and publication are called after it. */
  readonly migration: string;
  /** The target database, which also holds the control store. */
  readonly target: Knex;
  readonly readModels: readonly CapturedReadModel[];
  /** The first copy rests while legacy takes this many times as long for a row as it did at best. */
  readonly maxLoad?: number | undefined;
  readonly batch?: BatchLimits | undefined;
  readonly spool?: SpoolOptions | undefined;
  /** Log that the legacy server keeps at most for a read model that has failed, in bytes. Default 1 GiB. */
  readonly maxBehind?: number | undefined;
  /** How long a read model that has failed is left alone. */
  readonly setbackRests?: SetbackRests | undefined;
  /** Those that are told take the place of the usual ones. */
  readonly times?: Partial<CaptureTimes> | undefined;
  /** Where changes come from; straight from the legacy server unless told. */
  readonly changes?: ChangeSource | undefined;
  /** Lets others look at what is applied. */
  readonly tap?: StreamTap | undefined;
  readonly log: Log;
  readonly onProgress: (progress: SyncProgress) => void;
  /** Told the position of a version (`order_summary_v1`) whenever it moves; undefined while it cannot be read. */
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
  /** Told of everything that was applied. */
  readonly onApplied?: ((batch: AppliedBatch) => void) | undefined;
  /** Told before a position that somebody has asked for, by a nudge of the source, and waits for. */
  readonly onNudge?: (() => void) | undefined;
  /** More keys of a read model than these that cannot be built, and it is not read from. Default 100. */
  readonly maxLetters?: ((readModel: string) => number) | undefined;
  /**
   * Resolves when nobody reads the rows of a read model any more, which are about to be taken away. Default: at once, for who
   * hears of positions in the same process.
   */
  readonly beforeEmptying?: ((readModel: string) => Promise<void>) | undefined;
  /** Told when further keys of a read model are parked, before a position is told that they do not stand at. */
  readonly onParked?: ((readModel: string, parkings: number) => void) | undefined;
}
