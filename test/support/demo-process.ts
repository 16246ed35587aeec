import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StatusReport } from '../../src/app/control.ts';
import { readRunFile } from '../../src/app/starting/run-file.ts';
import { dist, type CommandResult } from './fig-process.ts';
import { until } from './until.ts';

const start = join(dist, 'examples/shop/start.js');
const ports = { FIG_PORT: '0', FIG_ADMIN_PORT: '0', VISITORS_RATE: '15', NO_COLOR: '1' };

/** What `npm start` runs, in a folder of its own. */
export interface DemoProcess {
  readonly admin: string;
  /** What it has printed so far. */
  output(): string;
  status(): Promise<StatusReport>;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Resolves when it is in shadow and has compared something. */
export async function startDemoProcess(cwd: string, args: readonly string[] = []): Promise<DemoProcess> {
  const child = spawn(process.execPath, [start, ...args], {
    cwd,
    env: { ...process.env, ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await exited)[0];
  };
  try {
    const admin = await until(
      'the demo is in shadow and compares',
      async () => {
        if (child.exitCode !== null) throw new Error(output);
        const run = await readRunFile(cwd);
        if (!run) return undefined;
        const status = (await (await fetch(`${run.admin}/status`)).json()) as StatusReport;
        const feature = status.features[0]!;
        if (feature.phase === 'shadow' && feature.comparisons.match > 0) return run.admin;
        throw new Error(output);
      },
      120_000,
    );
    return {
      admin,
      output: () => output,
      status: async () => (await (await fetch(`${admin}/status`)).json()) as StatusReport,
      stop: () => end('SIGINT'),
      kill: async () => void (await end('SIGKILL')),
    };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

/** For what ends by itself. */
export async function runDemoProcess(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [start, ...args], { cwd, env: { ...process.env, ...ports, ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}
