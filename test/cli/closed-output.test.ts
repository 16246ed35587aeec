import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dist, requireBuild } from '../support/fig-process.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-closed-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function fig(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  requireBuild();
  return spawn(process.execPath, [join(dist, 'src/cli/main.js'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('a command whose reader has gone ends as it would have, without a word', async () => {
  const child = fig('--help');
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(said).toBe('');
});

test('a command whose answer cannot be written says so and fails', async () => {
  requireBuild();
  const full = await open('/dev/full', 'w');
  try {
    const child = spawn(process.execPath, [join(dist, 'src/cli/main.js'), '--help'], {
      cwd: folder,
      stdio: ['ignore', full.fd, 'pipe'],
    });
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toContain('ENOSPC');
  } finally {
    await full.close();
  }
});

test('a proxy whose log nobody reads any more serves its users, and stops in order', async () => {
  const legacy = createServer((_request, response) => response.end('of legacy')).listen(0, '127.0.0.1');
  await once(legacy, 'listening');
  const { port } = legacy.address() as AddressInfo;
  const child = fig('proxy', '--legacy', `http://127.0.0.1:${port}`, '--listen', '0', '--admin-port', '0');
  try {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/^proxy http/m);
    const [, url] = /^proxy (\S+)/m.exec(said)!;
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await (await fetch(url!)).text()).toBe('of legacy');
    // While it drains it says so, which nobody reads either.
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    legacy.close();
  }
});
