import type { StatusReport } from '../app/control.ts';
import { readRunFile, removeRunFile, writeRunFile } from '../app/starting/run-file.ts';
import type { ProgressEvent, RunningFig, StartAdmin } from '../app/starting/running-fig.ts';
import { startAdminServer } from '../admin/admin-server.ts';
import type { Log } from '../kernel/log.ts';
import { createLog, type LogLevel } from '../observe/log.ts';
import { keepEarlyKillSwitch, type SignalHost } from './early-kill-switch.ts';
import { HangUps } from './hang-ups.ts';
import type { CliIo } from './io.ts';
import { startLiveStatus, type LiveStatus } from './live-status.ts';
import { paletteFor } from './palette.ts';
import { createProgressRenderer } from './progress-renderer.ts';
import { renderError } from './render-error.ts';

/** After a crash, stopping in order gets this long. */
const CRASH_STOP_MS = 5_000;
/** Whatever a library left open may not keep the process longer than this after everything was stopped. */
const LEFTOVER_MS = 2_000;

/** What a front end hands to the app so that it can show itself. */
export interface Tools {
  readonly onProgress: (event: ProgressEvent) => void;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
  /** Aborts when the user has had enough while it still starts; what has been started is then handed back at once. */
  readonly signal: AbortSignal;
}

export interface ForegroundOptions {
  readonly io: CliIo;
  readonly start: (tools: Tools) => Promise<RunningFig>;
  /** Default: warnings on a terminal, where the live status shows the rest; else info. */
  readonly logLevel?: LogLevel | undefined;
  /** Whether a fig that runs in this folder already stays the one that commands find. */
  readonly isOneOfSeveral?: boolean | undefined;
  /** Written to stdout after the stop, e.g. a summary of what was seen. */
  readonly farewell?: ((last: StatusReport) => string) | undefined;
  /** Where signals and crashes come from; tests bring their own. */
  readonly host?: Host | undefined;
}

/** The part of `process` that is listened to. */
interface Host extends SignalHost {
  on(event: string, listener: (thrown: unknown) => void): unknown;
  off(event: string, listener: (thrown: unknown) => void): unknown;
  exit(code: number): unknown;
}

/**
 * Runs a fig until Ctrl-C: progress while it starts, the run file and a live status while it serves, a stop in order at the
 * end. A second Ctrl-C exits at once (130). Resolves with the exit code: 0 after a signal, 1 after a crash. What `start`
 * throws is thrown on.
 */
export async function runInForeground(options: ForegroundOptions): Promise<number> {
  const { io, host = process } = options;
  const ending = listenForEnd(host, io);
  let progress = createProgressRenderer(io.stderr);
  let live: LiveStatus | undefined;
  const isTTY = io.stderr.isTTY === true;
  const log = createLog({
    level: options.logLevel ?? (isTTY ? 'warn' : 'info'),
    pretty: isTTY,
    write: (line) => (live ?? progress).print(line),
  });
  const dropEarly = keepEarlyKillSwitch(host, io.cwd, log, io.early?.take('SIGUSR2'));
  // On a terminal it means that the terminal is gone, which ends us like any other signal.
  const hangUps = isTTY ? undefined : new HangUps(host, log);
  if (io.early?.take('SIGHUP')) hangUps?.owe();
  const startAdmin: StartAdmin = async (control, port) => {
    hangUps?.tell(control);
    const { FIG_ADMIN_HOST, FIG_ADMIN_TOKEN: token } = io.env;
    const admin = await startAdminServer({ control, port, log, host: FIG_ADMIN_HOST, token });
    // From now on the other commands can ask, also while read models are still being built.
    if (options.isOneOfSeveral === true && (await readRunFile(io.cwd)) !== undefined) return admin;
    await writeRunFile(io.cwd, { admin: admin.url, pid: process.pid, startedAt: new Date().toISOString() });
    return admin;
  };

  try {
    const fig = await options.start({
      onProgress: (event) => progress.onProgress(event),
      log,
      startAdmin,
      signal: ending.signal,
    });
    progress.stop();
    let last: StatusReport | undefined;
    try {
      const shown = startLiveStatus(fig.control, { stream: io.stderr, env: io.env });
      live = shown;
      // What goes on after the start, such as a read model that is being built, is told in lines above the block.
      progress = createProgressRenderer({ write: (text) => shown.print(text) });
      await ending.ended;
      last = await lastStatus(fig, live);
    } finally {
      await live?.stop();
      await removeRunFile(io.cwd);
      await fig.stop();
    }
    if (last !== undefined && options.farewell !== undefined) io.stdout.write(options.farewell(last));
    const exitCode = ending.exitCode();
    setTimeout(() => host.exit(exitCode), LEFTOVER_MS).unref();
    return exitCode;
  } finally {
    progress.stop();
    hangUps?.stop();
    dropEarly();
    ending.dispose();
  }
}

/** Falls back to the one shown last when the control does not answer any more. */
async function lastStatus(fig: RunningFig, live: LiveStatus): Promise<StatusReport | undefined> {
  try {
    return await fig.control.status();
  } catch {
    return live.latest();
  }
}

interface Ending {
  readonly ended: Promise<void>;
  readonly signal: AbortSignal;
  exitCode(): number;
  dispose(): void;
}

function listenForEnd(host: Host, io: CliIo): Ending {
  let exitCode: number | undefined;
  const abort = new AbortController();
  const ended = new Promise<void>((resolve) => abort.signal.addEventListener('abort', () => resolve(), { once: true }));

  const onSignal = (): void => {
    if (exitCode !== undefined) host.exit(130);
    exitCode = 0;
    io.stderr.write('\nstopping…\n');
    abort.abort();
  };
  const onCrash = (thrown: unknown): void => {
    io.stderr.write(`\n${renderError(thrown, paletteFor(io.stderr, io.env), false)}`);
    if (thrown instanceof Error && thrown.stack !== undefined) io.stderr.write(`${thrown.stack}\n`);
    exitCode = 1;
    // The crash may be what keeps the stop from ending.
    setTimeout(() => host.exit(1), CRASH_STOP_MS).unref();
    abort.abort();
  };
  const listeners = { SIGINT: onSignal, SIGTERM: onSignal, uncaughtException: onCrash, unhandledRejection: onCrash };
  for (const [event, listener] of Object.entries(listeners)) host.on(event, listener);
  return {
    ended,
    signal: abort.signal,
    exitCode: () => exitCode ?? 0,
    dispose: () => {
      for (const [event, listener] of Object.entries(listeners)) host.off(event, listener);
    },
  };
}
