import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { AppliedBatch } from './applied-batch.ts';
import type { SyncProgress } from '../backfill/backfill.ts';
import type { Finding } from '../postgres/preflight/finding.ts';
import type { ReadModelProgress } from '../read-model-progress.ts';

/** What a capture session is given, and whom it tells. Read models are named as their versions are: `order_summary_v1`. */
export interface SessionOptions {
  readonly url: string;
  readonly migration: string;
  readonly target: Knex;
  readonly readModels: readonly ReadModelDefinition[];
  /** See `ChunkPace`. */
  readonly maxLoad: number;
  readonly log: Log;
  /** Told what preflight found, each time that a session begins. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onState: (readModel: string, progress: ReadModelProgress) => void;
  readonly onProgress: (progress: SyncProgress) => void;
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
  readonly onApplied: (batch: AppliedBatch) => void;
  /** More dead letters than these, and the read model is not read from. */
  readonly maxLetters: (readModel: ReadModelDefinition) => number;
  /** Told of the keys that must not be read, before a position is told that they do not stand at. */
  readonly onLetters: (
    readModel: string,
    letters: { readonly parked: readonly string[]; readonly count: number },
  ) => void;
}
