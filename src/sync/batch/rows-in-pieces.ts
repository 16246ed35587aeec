import type { BatchRow, Rows } from '../../config/batch-read-model.ts';

/**
 * Collects rows into pieces of this size. Ends with the signal's reason as soon as it aborts, also when whoever gives the
 * rows does not listen to it.
 */
export async function* rowsInPieces(
  loading: Rows | PromiseLike<Rows>,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<readonly BatchRow[], void, undefined> {
  const { aborted, release } = whenAborted(signal);
  let iterator: AsyncIterator<BatchRow> | Iterator<BatchRow> | undefined;
  try {
    const rows = await Promise.race([loading, aborted]);
    iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
    let piece: BatchRow[] = [];
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) break;
      piece.push(next.value);
      if (piece.length < size) continue;
      yield piece;
      piece = [];
    }
    iterator = undefined;
    if (piece.length > 0) yield piece;
  } finally {
    release();
    // Closes cursors and files of a generator that is left early; one that hangs is not waited for.
    void Promise.resolve(iterator?.return?.()).catch(() => undefined);
  }
}

/** A promise that only ever rejects, and what is to be called when nobody waits for it any more. */
function whenAborted(signal: AbortSignal): { aborted: Promise<never>; release: () => void } {
  const { promise, reject } = withReject();
  const fail = (): void => reject(signal.reason);
  if (signal.aborted) fail();
  else signal.addEventListener('abort', fail);
  return { aborted: promise, release: () => signal.removeEventListener('abort', fail) };
}

function withReject(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  const parts: { reject?: (reason: unknown) => void } = {};
  const promise = new Promise<never>((_, reject) => {
    parts.reject = reject;
  });
  // Nobody may be waiting when it rejects.
  promise.catch(() => undefined);
  return { promise, reject: parts.reject! };
}
