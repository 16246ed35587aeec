import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRunFile, removeRunFile, runFilePath, writeRunFile } from '../../../src/app/starting/run-file.ts';

describe('the run file', () => {
  let folder: string;
  const run = { admin: 'http://127.0.0.1:8089', pid: process.pid, startedAt: '2026-11-23T10:00:00.000Z' };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fig-run-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is read as it was written, and leaves no draft behind', async () => {
    await writeRunFile(folder, { ...run, admin: 'http://127.0.0.1:1' });
    await writeRunFile(folder, run);
    expect(await readRunFile(folder)).toEqual(run);
    expect(await readdir(join(folder, '.fig'))).toEqual(['run.json']);
  });

  it('is nothing when there is none', async () => {
    expect(await readRunFile(folder)).toBeUndefined();
    await removeRunFile(folder);
  });

  it.each(['', '{"admin":', '[]', 'null', '{"admin":"http://x","pid":"1","startedAt":"now"}'])(
    'is nothing when it holds %j',
    async (text) => {
      await mkdir(dirname(runFilePath(folder)), { recursive: true });
      await writeFile(runFilePath(folder), text);
      expect(await readRunFile(folder)).toBeUndefined();
    },
  );

  it('is nothing when the process that wrote it is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await writeRunFile(folder, { ...run, pid: child.pid! });
    expect(await readRunFile(folder)).toBeUndefined();
  });

  it('is removed only by the one that wrote it', async () => {
    await writeRunFile(folder, run);
    await removeRunFile(folder, process.pid + 1);
    expect(await readRunFile(folder)).toEqual(run);
    await removeRunFile(folder);
    expect(await readRunFile(folder)).toBeUndefined();
  });
});
