import { spawn, type ChildProcess } from 'node:child_process';
import { dieWithUs } from './die-with-us.ts';
import { requireTools } from './find-java.ts';

const KEPT = 6_000;
const STOP_BUDGET_MS = 20_000;

export interface JavaCommand {
  /** For messages: "the broker". */
  readonly name: string;
  readonly jars: string;
  readonly main: string;
  readonly args: readonly string[];
  /** Goes should we be killed. */
  readonly folder?: string | undefined;
  readonly heapMb: number;
  /** Loggers that say more than warnings. */
  readonly informative?: readonly string[] | undefined;
}

/** A Java program that runs until it is told to stop. */
export interface JavaProcess {
  readonly pid: number;
  /** Resolves when the output says so. Rejects with its last words when it ends before, or after `budgetMs`. */
  until(sign: string, budgetMs: number): Promise<void>;
  /** Asks it to end, and resolves when it has; after 20 s it is killed. */
  stop(): Promise<void>;
  /** As a power cut: no goodbye to anybody. */
  kill(): Promise<void>;
  /** Its last words. */
  log(): string;
}

/** Runs it in a session of its own, so that Ctrl-C reaches only us and everything stops in order. */
export function startJava(command: JavaCommand): JavaProcess {
  const { java } = requireTools();
  const child = spawn(java, argumentsOf(command), { stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/' });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const output = watchOutput(child);
  const release = child.pid === undefined ? () => undefined : dieWithUs(child.pid, command.folder);
  void ended.then(release);
  const lastWords = (): string => output.tail().trim() || 'it said nothing';
  return {
    pid: child.pid ?? 0,
    log: lastWords,
    until: async (sign, budgetMs) => {
      const late = AbortSignal.timeout(budgetMs);
      const seen = await Promise.race([
        output.seen(sign).then(() => 'seen'),
        ended.then(() => 'ended'),
        new Promise<string>((resolve) => late.addEventListener('abort', () => resolve('late'), { once: true })),
      ]);
      if (seen === 'ended') throw new Error(`${command.name} ended before it was ready:\n${lastWords()}`);
      if (seen === 'late')
        throw new Error(`${command.name} was not ready after ${String(budgetMs)} ms:\n${lastWords()}`);
    },
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_BUDGET_MS);
      await ended;
      clearTimeout(late);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs one that ends by itself. Rejects with its last words when it fails. */
export async function runJava(command: JavaCommand): Promise<void> {
  const { java } = requireTools();
  const child = spawn(java, argumentsOf(command), { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = watchOutput(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  const isOld = output.tail().includes('UnsupportedClassVersionError');
  const why = isOld ? `${java} is too old, Kafka needs Java 17 or newer` : `\n${output.tail().trim()}`;
  throw new Error(`${command.name} failed: ${why}`);
}

function argumentsOf({ jars, main, args, heapMb, informative = [] }: JavaCommand): string[] {
  return [
    `-Xmx${String(heapMb)}m`,
    // It starts sooner, and a test is over before the optimising compiler has paid for itself.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    ...informative.map((logger) => `-Dorg.slf4j.simpleLogger.log.${logger}=info`),
    '-cp',
    `${jars}/*`,
    main,
    ...args,
  ];
}

function watchOutput(child: ChildProcess): { tail(): string; seen(sign: string): Promise<void> } {
  let kept = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-KEPT);
      for (const look of waiting) look();
    });
  }
  return {
    tail: () => kept,
    seen: (sign) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!kept.includes(sign)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
