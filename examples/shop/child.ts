import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const STOP_BUDGET_MS = 8_000;

export interface Child {
  /** Resolves when the process says that it is ready. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts one of the shop's processes. It has a session of its own, so that Ctrl-C reaches only us and everything stops in
 * order; should we be killed, the broken IPC channel ends it.
 */
export async function startChild(name: string, entry: URL, env: Readonly<Record<string, string>>): Promise<Child> {
  const child = fork(fileURLToPath(entry), [], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'spawn');
  const exited = once(child, 'exit');
  const ready = Promise.race([
    untilReady(child),
    exited.then(([code]) => {
      throw new Error(`the ${name} ended with code ${String(code)} before it was ready`);
    }),
  ]);
  // Not every process says that it is ready, and then nobody waits for it.
  ready.catch(() => undefined);
  return {
    ready,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_BUDGET_MS);
      await exited;
      clearTimeout(late);
    },
  };
}

async function untilReady(child: ReturnType<typeof fork>): Promise<void> {
  await new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'ready' in message) resolve();
    });
  });
}
