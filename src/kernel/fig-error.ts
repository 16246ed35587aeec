import { inspect } from 'node:util';
import { errorCodes, type ErrorCode } from './error-codes.ts';

export interface FigErrorOptions {
  /** What to do about this very case; the catalogue's remedy is used when absent. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** The one error class of the product: a code from the catalogue, a sentence for a human, and the cause. */
export class FigError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: FigErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FigError';
    this.code = code;
    this.remedy = options.remedy ?? errorCodes[code].remedy;
  }
}

/** The text of anything that was thrown, with its chain of causes, on one line. */
export function describeError(thrown: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  for (let current = thrown; current !== undefined && current !== null && !seen.has(current);) {
    seen.add(current);
    if (current instanceof AggregateError && current.message === '') {
      parts.push(current.errors.map(describeError).join('; '));
      break;
    }
    const text = current instanceof Error ? current.message : textOf(current);
    // Many an error repeats what caused it.
    if (parts.every((part) => !part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ');
}

function textOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  return inspect(thrown, { depth: 1, breakLength: Infinity });
}
