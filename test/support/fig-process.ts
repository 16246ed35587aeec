import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { StatusReport } from '../../src/app/control.ts';
import { readRunFile } from '../../src/app/starting/run-file.ts';
import { type AdminClient, createAdminClient } from '../../src/cli/admin-client.ts';
import { until } from './until.ts';

export const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const cli = join(dist, 'src/cli/main.js');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one fig command as a user would, in a folder. */
export async function runFig(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  requireBuild();
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...process.env, ...env, NO_COLOR: '1' } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** A `fig up` of its own process. */
export class FigProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly cwd: string;
  readonly proxy: string;
  #output = '';

  private constructor(child: ChildProcess, cwd: string, proxy: string) {
    this.#child = child;
    this.cwd = cwd;
    this.proxy = proxy;
    this.#exited = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  static start(cwd: string, config: string, port: number, env: NodeJS.ProcessEnv): FigProcess {
    const ports = { FIG_PORT: String(port), FIG_ADMIN_PORT: '0' };
    return FigProcess.run(cwd, ['up', '--config', config], port, { ...ports, ...env });
  }

  /** A command that serves until it is stopped. */
  static run(cwd: string, args: readonly string[], port: number, env: NodeJS.ProcessEnv = {}): FigProcess {
    requireBuild();
    const child = spawn(process.execPath, [cli, ...args], {
      cwd,
      env: { ...process.env, ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new FigProcess(child, cwd, `http://127.0.0.1:${port}`);
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Until it serves; fails with its output when it ends instead. */
  async ready(): Promise<void> {
    await until(
      'fig serves',
      async () => {
        if (this.#child.exitCode !== null) throw new Error(`fig ended with ${this.#child.exitCode}: ${this.#output}`);
        const run = await readRunFile(this.cwd);
        return run?.pid === this.#child.pid;
      },
      60_000,
    );
  }

  async json<T>(...args: string[]): Promise<T> {
    const { stdout, stderr } = await runFig(this.cwd, [...args, '--json']);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as T;
  }

  /** For what is asked again and again: a command for each question would keep a core busy with starting commands. */
  async client(): Promise<AdminClient> {
    return createAdminClient(new URL(await this.admin()), undefined);
  }

  /** What `fig status --json` prints. */
  async status(): Promise<StatusReport> {
    return (await (await this.client()).status()).value;
  }

  /** The URL of its admin server. */
  async admin(): Promise<string> {
    const run = await readRunFile(this.cwd);
    if (run === undefined) throw new Error('fig does not serve');
    return run.admin;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, once it has ended. */
  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGINT');
      await this.#exited;
    }
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      const late = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
      await this.#exited;
      clearTimeout(late);
    }
  }
}

export function requireBuild(): void {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: run the tests with "npm test", which builds first`);
}
