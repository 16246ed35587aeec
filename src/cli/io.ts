import type { EarlySignals } from './early-signals.ts';

/** The part of a terminal stream that the commands use. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  /** When `write` has returned false, and there is room again. */
  once?(event: 'drain', listener: () => void): unknown;
}

/** Everything a command touches of its process, so that tests can bring their own. */
export interface CliIo {
  /** Answers. Nothing else is ever written here. */
  readonly stdout: Output;
  /** Errors, logs and progress. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Signals that came while the command was being loaded. */
  readonly early?: EarlySignals | undefined;
}

export function processIo(early?: EarlySignals): CliIo {
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd(), early };
}

/** What a command was started with, and where it leaves its exit code. */
export interface CliContext {
  readonly io: CliIo;
  readonly version: string;
  exitCode: number;
}
