import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';

export const FENCE_SECRET_BYTES = 32;

function secretPath(folder: string): string {
  return join(folder, '.fig', 'fence-secret');
}

/** The secret that the proxies of this migration shared when the store was last heard; undefined when none was kept. */
export async function loadFenceSecret(folder: string, migration: string): Promise<Uint8Array | undefined> {
  try {
    const [name, hex = ''] = (await readFile(secretPath(folder), 'utf8')).trim().split(' ');
    const secret = Buffer.from(hex, 'hex');
    return name === migration && secret.length === FENCE_SECRET_BYTES ? secret : undefined;
  } catch {
    // Without it a cookie of this process cannot be read by others until the store is heard, which costs no correctness
    // here: nothing is served from a read model by then.
    return undefined;
  }
}

/** Keeps it for a start without the store, readable by this user only. A folder that cannot be written costs a warning. */
export async function keepFenceSecret(folder: string, migration: string, secret: Uint8Array, log: Log): Promise<void> {
  try {
    await save(folder, migration, secret);
  } catch (error) {
    log.warn({ error: describeError(error) }, 'the secret of the fence cookie could not be kept on disk');
  }
}

async function save(folder: string, migration: string, secret: Uint8Array): Promise<void> {
  const path = secretPath(folder);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${migration} ${Buffer.from(secret).toString('hex')}\n`, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
