import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startUpstream } from '../proxy/support/harness.ts';
import { exchangeSecure, fixture, pem, shownSerial, startSecureUpstream } from '../proxy/support/tls.ts';
import { readRunFile } from '../../src/app/starting/run-file.ts';
import { dist, runFig } from '../support/fig-process.ts';

/** A `fig proxy` of its own process, and the port it serves on. */
async function figProxy(cwd: string, args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const command = [join(dist, 'src/cli/main.js'), 'proxy', '--listen', '0', '--admin-port', '0', ...args];
  const child = spawn(process.execPath, command, { cwd, stdio: 'ignore' });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`fig proxy ended with ${child.exitCode}`);
    const run = await readRunFile(cwd);
    if (run !== undefined) {
      const status = (await (await fetch(`${run.admin}/status`)).json()) as { addresses: { proxy: string } };
      return { child, port: Number(new URL(status.addresses.proxy).port) };
    }
    await delay(20);
  }
}

test.each([
  ['', []],
  [' in every worker', ['--workers', '2']],
])(
  'fig proxy listens with a certificate, verifies legacy by a CA, and takes up a renewed one on SIGHUP%s',
  async (_, more) => {
    const folder = await mkdtemp(join(tmpdir(), 'fig-certificates-'));
    const [cert, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await copyFile(fixture('server.cert'), cert);
    await copyFile(fixture('server.key'), key);
    await using upstream = await startSecureUpstream((req, res) => res.end(req.headers['x-forwarded-proto']));
    const options = [
      '--legacy',
      upstream.url.href,
      '--legacy-ca',
      fixture('ca.cert'),
      '--tls-cert',
      cert,
      '--tls-key',
      key,
      ...more,
    ];
    const { child, port } = await figProxy(folder, options);
    try {
      const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      expect(await exchangeSecure(port, request)).toMatch(/https$/);
      const before = await shownSerial(port);
      await copyFile(fixture('renewed.key'), key);
      await copyFile(fixture('renewed.cert'), cert);
      child.kill('SIGHUP');
      // Connections go to the workers in turn.
      for (let renewed = 0; renewed < 6;) renewed = (await shownSerial(port)) === before ? 0 : renewed + 1;
      expect(child.exitCode).toBeNull();
      expect(await exchangeSecure(port, request)).toMatch(/https$/);
    } finally {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true });
    }
  },
);

test('fig proxy says what is wrong with its certificate, and that it needs a key', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  const options = ['proxy', '--legacy', upstream.url.href, '--listen', '0', '--admin-port', '0'];
  const half = await runFig(tmpdir(), [...options, '--tls-cert', fixture('server.cert')]);
  expect(half).toMatchObject({ code: 2, stderr: expect.stringContaining('--tls-cert and --tls-key go together') });
  const wrong = [...options, '--tls-cert', fixture('server.cert'), '--tls-key', fixture('client.key')];
  const refused = await runFig(tmpdir(), wrong);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('FIG_CERTIFICATE_INVALID');
  expect(refused.stderr).not.toContain(pem('client.key').slice(40, 80));
});
