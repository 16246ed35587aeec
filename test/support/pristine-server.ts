import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';

/**
 * A new folder for `startEmbeddedPostgres` that has its data already: the copy of a server that nobody has used. To make
 * the data takes more than a second of a core, and a run starts dozens of servers. All of them are called by the same
 * system identifier.
 */
export async function makeServerFolder(prefix: string): Promise<string> {
  const pristine = inject('pristineServer');
  if (!existsSync(pristine)) await makePristine(pristine);
  const folder = await mkdtemp(join(tmpdir(), prefix));
  // Keeps the owner, which `cp` of node:fs does not.
  await promisify(execFile)('cp', ['-a', `${pristine}/.`, folder]);
  return folder;
}

async function makePristine(pristine: string): Promise<void> {
  const folder = await mkdtemp(`${pristine}-`);
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
  await server.stop();
  try {
    await rename(folder, pristine);
  } catch (error) {
    // Another test file was as quick.
    if (!existsSync(pristine)) throw error;
    await rm(folder, { recursive: true, force: true });
  }
}
