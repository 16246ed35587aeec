import { tmpdir } from 'node:os';
import type { CliIo } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with output that is no terminal. */
export async function run(args: readonly string[], more: Partial<Pick<CliIo, 'env' | 'cwd'>> = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const code = await runCli(args, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    env: { FIG_USER: 'ada' },
    cwd: tmpdir(),
    ...more,
  });
  return { code, ...written };
}
