import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a running fig leaves in its folder, so that the other commands find it. */
export interface RunFile {
  /** URL of the admin server. */
  readonly admin: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** `.fig/run.json` of a folder. */
export function runFilePath(folder: string): string {
  return join(folder, '.fig', 'run.json');
}

/** Writes the run file whole: a reader sees the old one or the new one, never half of it. */
export async function writeRunFile(folder: string, run: RunFile): Promise<void> {
  const path = runFilePath(folder);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o644 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The run file of a folder; undefined when there is none, when it cannot be understood, or when its process is gone. */
export async function readRunFile(folder: string): Promise<RunFile | undefined> {
  const run = await readAny(folder);
  return run !== undefined && isAlive(run.pid) ? run : undefined;
}

/** Removes the run file when it is the one of `pid`; another fig may have taken the folder over meanwhile. */
export async function removeRunFile(folder: string, pid: number = process.pid): Promise<void> {
  const run = await readAny(folder);
  if (run?.pid === pid) await rm(runFilePath(folder), { force: true });
}

async function readAny(folder: string): Promise<RunFile | undefined> {
  let text: string;
  try {
    text = await readFile(runFilePath(folder), 'utf8');
  } catch (error) {
    if (isErrno(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isRunFile(value) ? value : undefined;
  } catch {
    // A file that is not JSON was left by something else or by a crash; it says nothing about a running fig.
    return undefined;
  }
}

function isRunFile(value: unknown): value is RunFile {
  if (typeof value !== 'object' || value === null) return false;
  if (!('admin' in value && 'pid' in value && 'startedAt' in value)) return false;
  const { admin, pid, startedAt } = value;
  return typeof admin === 'string' && typeof startedAt === 'string' && Number.isSafeInteger(pid) && Number(pid) > 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    return isErrno(error) && error.code === 'EPERM';
  }
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
