import type { Log } from '../src/kernel/log.ts';
import type { FromWorker, LogLevel } from './worker-protocol.ts';

/** Writes to the log of the main thread. Fields that cannot be cloned arrive as text. */
export function workerLog(post: (message: FromWorker) => void): Log {
  const at =
    (level: LogLevel) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      const plain = Object.entries(fields).map(
        ([name, value]) => [name, isPlain(value) ? value : String(value)] as const,
      );
      post({ type: 'log', level, fields: Object.fromEntries(plain), message });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function isPlain(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value);
}
