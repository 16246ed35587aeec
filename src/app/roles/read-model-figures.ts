import { z } from 'zod';
import type { Position } from '../../kernel/position.ts';
import type { BatchReport } from '../../sync/batch/batch-read-model.ts';
import { noLetters, type ReadModelLetters } from '../../sync/capture/read-model-letters.ts';
import type { ReadModelProgress } from '../../sync/read-model-progress.ts';
import type { CaptureView, SimpleView } from '../following/capture-view.ts';

// What a process that keeps a read model in step tells the others of it, besides its position.

/** One read model at one moment. */
export interface ReadModelFigures {
  /** Undefined: it cannot be read. */
  readonly position: Position | undefined;
  readonly progress: ReadModelProgress;
  readonly letters: ReadModelLetters;
  readonly lagSeconds: number | undefined;
  /** Log that legacy's server keeps because it has failed, in bytes. */
  readonly heldBytes: number;
  /** Of one that is loaded in batches. */
  readonly batch: BatchReport | undefined;
}

const stored = z.object({
  progress: z.object({
    state: z.enum(['waiting', 'copying', 'building', 'ready', 'paused', 'failed']),
    progress: z.number(),
    error: z.string().optional(),
  }),
  letters: z.object({ parked: z.array(z.string()), count: z.number(), parkings: z.number() }),
  lagSeconds: z.number().optional(),
  heldBytes: z.number(),
  batch: z
    .object({
      loadedFrom: z.number().optional(),
      nextAt: z.number().optional(),
      loadingSince: z.number().optional(),
      failures: z.number(),
      rows: z.number().optional(),
    })
    .optional(),
});

/** Without its position, as JSON. */
export function storedFigures({ progress, letters, lagSeconds, heldBytes, batch }: ReadModelFigures): unknown {
  return { progress, letters, lagSeconds, heldBytes, batch };
}

/** Reads what `storedFigures` wrote; undefined when a version that is not ours wrote something else. */
export function readFigures(json: unknown): Omit<ReadModelFigures, 'position'> | undefined {
  const { data } = stored.safeParse(json);
  if (data === undefined) return undefined;
  const { progress, letters, lagSeconds, heldBytes, batch } = data;
  return {
    progress: { ...progress, error: progress.error },
    letters,
    lagSeconds,
    heldBytes,
    batch: batch && {
      loadedFrom: batch.loadedFrom,
      nextAt: batch.nextAt,
      loadingSince: batch.loadingSince,
      failures: batch.failures,
      rows: batch.rows,
    },
  };
}

/** Whoever trusts the position must know these as well. */
export function isSameBehindPosition(a: ReadModelFigures, b: ReadModelFigures): boolean {
  const isSameState = a.progress.state === b.progress.state && a.progress.error === b.progress.error;
  return isSameState && a.letters.parked === b.letters.parked && a.letters.parkings === b.letters.parkings;
}

/** What this process knows of a read model by its name: that of its projection, or its own where it is not captured. */
export function figuresHere(name: string, capture: CaptureView | undefined, simple: SimpleView): ReadModelFigures {
  const kept = simple.of(name);
  if (kept) {
    return {
      position: kept.applied.current(),
      progress: kept.progress(),
      letters: kept.letters?.() ?? noLetters,
      lagSeconds: kept.lagSeconds(),
      heldBytes: 0,
      batch: kept.report(),
    };
  }
  return {
    position: capture?.applied(name)?.current(),
    progress: capture?.progressOf(name) ?? { state: 'waiting', progress: 0, error: undefined },
    letters: capture?.lettersOf(name) ?? noLetters,
    lagSeconds: capture?.lagSecondsOf(name),
    heldBytes: capture?.heldFor(name) ?? 0,
    batch: undefined,
  };
}
