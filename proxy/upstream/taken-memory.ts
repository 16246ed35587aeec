import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How much may pass between two collections: a few times what one burst of reads takes, and little enough for caches. */
const PASSED_BYTES = 8 * 1024 * 1024;

type CollectYoung = (options: { readonly type: 'minor' }) => void;

let passed = 0;
let collect: CollectYoung | undefined;

/**
 * Bytes that node has read into memory taken for them were passed on. Such memory lies outside of V8's heap, and V8 looks
 * for what of it is free again when its young generation is full, or when 64 MB were taken: then it walks the whole heap.
 * A process that passes on little else fills its young generation slowly, and would walk all of its heap sixteen times for
 * every GB. A collection of the young alone, asked for in time, gives the same memory back at a fraction of
 * that, and while it is in the processor's cache (docs/decisions/0031-collecting-in-time.md).
 */
export function countTaken(bytes: number): void {
  passed += bytes;
  if (passed < PASSED_BYTES) return;
  passed = 0;
  collect ??= youngCollector();
  collect({ type: 'minor' });
}

/** V8 gives its collector to contexts made while the flag is set; those that run our code and the user's never see it. */
function youngCollector(): CollectYoung {
  setFlagsFromString('--expose-gc');
  try {
    const collector: unknown = runInNewContext('typeof gc === "function" ? gc : undefined');
    return typeof collector === 'function' ? (collector as CollectYoung) : () => undefined;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
