import { statfs } from 'node:fs/promises';
import type { Log } from '../../kernel/log.ts';

/** How Linux calls file systems whose files are in memory. */
const inMemory: ReadonlyMap<number, string> = new Map([
  [0x0102_1994, 'tmpfs'],
  [0x8584_58f6, 'ramfs'],
]);

/** Warns where what should be kept outside of memory would be kept in it, and be counted against a container's limit. Never rejects. */
export async function warnOfMemoryFolder(folder: string, log: Log): Promise<void> {
  // Elsewhere the same numbers mean something else.
  if (process.platform !== 'linux') return;
  // What cannot be looked at cannot be written to, which is told when it is tried.
  const found = await statfs(folder).catch(() => undefined);
  // Where the number is signed, ramfs is a negative one.
  const fileSystem = found && inMemory.get(found.type >>> 0);
  if (fileSystem === undefined) return;
  log.warn(
    {
      folder,
      fileSystem,
      remedy: 'set capture.spool.folder to a folder on a disk, or capture.spool.limit to what memory there is for it',
    },
    'large transactions would wait for their commit in memory: capture.spool.folder is not on a disk',
  );
}
