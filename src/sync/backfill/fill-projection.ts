import type { Knex } from 'knex';
import { Backfill, type BackfillListener, type BackfillParts } from './backfill.ts';
import { BackfillReader } from './backfill-reader.ts';
import type { StreamWatcher } from '../stream-watcher.ts';

export interface FillParts extends BackfillListener, BackfillParts {
  readonly target: Knex;
  /** Connection URL of the legacy database. */
  readonly url: string;
  /** Lets somebody look at the stream; the answer ends that. */
  readonly watch: (watcher: StreamWatcher) => () => void;
  /** Runs between two pieces of the stream. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Copies a projection's sources and builds its keys, as far as that is not done yet. Ends early when the signal aborts. */
export async function fillProjection(parts: FillParts, signal: AbortSignal): Promise<void> {
  if (parts.projection.state === 'copying') await copySources(parts, signal);
  if (parts.projection.state === 'building') await buildAll(parts, signal);
}

async function copySources(parts: FillParts, signal: AbortSignal): Promise<void> {
  const { projection, target, url, watch, exclusively } = parts;
  const backfill = new Backfill(parts);
  await using reader = await BackfillReader.open(url, signal);
  const unwatch = watch(backfill);
  try {
    await backfill.run(target, reader, parts, signal);
  } finally {
    unwatch();
  }
  if (!signal.aborted) await exclusively(() => projection.startBuilding());
}

async function buildAll({ projection, exclusively, onProgress }: FillParts, signal: AbortSignal): Promise<void> {
  const walked = projection.walked.map((source) => projection.mirrors.get(source)!);
  const estimate = walked.reduce((sum, { source }) => sum + Math.max(0, source.estimatedRows), 0);
  const tell = (done: number, total: number): void =>
    onProgress({ readModel: projection.names.projection, stage: 'building', source: undefined, done, total });
  for (let done = 0; !signal.aborted;) {
    const built = await exclusively(() => projection.buildNext());
    if (built === 0) {
      tell(estimate, estimate);
      return;
    }
    done += built;
    // The estimate may be low; only the end is the end.
    tell(done, Math.max(estimate, done + 1));
  }
}
