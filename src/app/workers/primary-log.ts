import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { FromProxyWorker } from './protocol.ts';

type LogMessage = Extract<FromProxyWorker, { type: 'log' }>;

/** Writes to the log of the primary. Fields that do not survive the way arrive as text. */
export function primaryLog(tell: (message: LogMessage) => void): Log {
  const at =
    (level: LogMessage['level']) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      const plain = Object.entries(fields).map(([name, value]) => [
        name,
        isPlain(value) ? value : describeError(value),
      ]);
      tell({ type: 'log', level, fields: Object.fromEntries(plain), message });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function isPlain(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value);
}
