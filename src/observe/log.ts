import { pino } from 'pino';
import type { Log } from '../kernel/log.ts';
import { redactFields, redactText } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
  /** Where finished lines go, each with its line end. Default: stderr, so that stdout stays free for answers. */
  readonly write?: ((line: string) => void) | undefined;
}

/** The log of a process. Credentials are taken out of every line, whatever field they stand in. */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string): void => void process.stderr.write(line));
  const destination = { write: options.pretty ? (line: string): void => write(prettyLine(line)) : write };
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    debug: (fields, message) => logger.debug(redactFields(fields), redactText(message)),
    info: (fields, message) => logger.info(redactFields(fields), redactText(message)),
    warn: (fields, message) => logger.warn(redactFields(fields), redactText(message)),
    error: (fields, message) => logger.error(redactFields(fields), redactText(message)),
  };
}

/** `10:15:00 warn  the stream ended  attempt=2 error="connection reset"` */
function prettyLine(line: string): string {
  const parsed: Record<string, unknown> = JSON.parse(line);
  const { level, time, msg, ...fields } = parsed;
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${prettyValue(value)}`);
  return `${[String(time).slice(11, 19), String(level).padEnd(5), String(msg), ...shown].join(' ')}\n`;
}

function prettyValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message);
  return typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : (JSON.stringify(value) ?? 'undefined');
}
