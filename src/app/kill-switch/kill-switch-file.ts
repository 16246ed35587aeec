import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { KillSwitch } from '../../kernel/phase.ts';

const note = z.object({ who: z.string().min(1), why: z.string(), at: z.string() });

/** `.fig/kill-switch` of a folder. That it is there is what counts; what it says is for people. */
export function killSwitchPath(folder: string): string {
  return join(folder, '.fig', 'kill-switch');
}

/** Turns it on for every fig of the folder. Whole or not at all. */
export async function writeKillSwitch(folder: string, killSwitch: KillSwitch): Promise<void> {
  const path = killSwitchPath(folder);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(killSwitch)}\n`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Whether there was one. */
export async function removeKillSwitch(folder: string): Promise<boolean> {
  const was = (await readKillSwitchFile(folder)) !== undefined;
  await rm(killSwitchPath(folder), { force: true });
  return was;
}

/** Undefined when there is none. An empty or unreadable file is one that is on: somebody in a hurry used `touch`. */
export async function readKillSwitchFile(folder: string): Promise<KillSwitch | undefined> {
  const path = killSwitchPath(folder);
  let at: string;
  try {
    at = (await stat(path)).mtime.toISOString();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
  try {
    const parsed = note.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (parsed.success) return parsed.data;
  } catch {
    // Not ours, but it is there.
  }
  return { who: 'unknown', why: `${path} was made by hand`, at };
}
