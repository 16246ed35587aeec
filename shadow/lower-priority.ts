import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';

const NICER_BY = 10;

/**
 * Lets all other threads of this process go first for the processor. On Linux a priority belongs to a thread, and setpriority(2)
 * takes its id ("C library/kernel differences"); elsewhere there is no such thing, and nothing is done. Returns whether it was.
 */
export function lowerThreadPriority(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    // A link to <pid>/task/<tid>, read by the thread that asks.
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    // Counted from where the process stands: one that was started with `nice 15` must not have a thread at 10.
    setPriority(thread, Math.min(constants.priority.PRIORITY_LOW, getPriority(thread) + NICER_BY));
    return true;
  } catch {
    // Without /proc, or where a policy forbids it: comparing goes on as it is.
    return false;
  }
}
