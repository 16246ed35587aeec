import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Log, silentLog } from '../../../src/kernel/log.ts';
import { warnOfMemoryFolder } from '../../../src/sync/postgres/memory-folder.ts';

/** What is warned of. */
async function warningsOf(folder: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const warnings: Readonly<Record<string, unknown>>[] = [];
  const log: Log = { ...silentLog, warn: (fields) => warnings.push(fields) };
  await warnOfMemoryFolder(folder, log);
  return warnings;
}

// What Linux has everywhere, in memory, and as a file system of another kind.
describe.runIf(process.platform === 'linux' && existsSync('/dev/shm'))('the folder for large transactions', () => {
  test('is warned of where its files are in memory, with what to do', async () => {
    expect(await warningsOf('/dev/shm')).toEqual([
      { folder: '/dev/shm', fileSystem: 'tmpfs', remedy: expect.stringContaining('set capture.spool.folder') },
    ]);
  });

  test.each(['/proc', '/there/is/no/such/folder'])('is not warned of where it is %s', async (folder) => {
    expect(await warningsOf(folder)).toEqual([]);
  });
});
