import { z } from 'zod';
import { errorCodes, type ErrorCode } from '../kernel/error-codes.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';

/** How every error of the admin API looks. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}

const statuses: Partial<Record<ErrorCode, number>> = {
  FIG_UNKNOWN_FEATURE: 404,
  FIG_UNKNOWN_DEAD_LETTER: 404,
  FIG_UNKNOWN_VERSION: 404,
  FIG_WHY_REQUIRED: 400,
  FIG_USAGE: 400,
  FIG_RELOAD_REFUSED: 409,
  FIG_RECONCILE_REFUSED: 409,
  FIG_READ_MODEL_NOT_READY: 409,
  FIG_VERIFY_REFUSED: 409,
  FIG_VERSION_IN_USE: 409,
  FIG_CONFIG_INVALID: 422,
  FIG_CONFIG_FAILED: 422,
  FIG_CONFIG_NOT_FOUND: 422,
  FIG_ADMIN_REFUSED: 400,
  FIG_STORE_UNREACHABLE: 503,
};

/** The status and body for anything that was thrown. What was not foreseen is `FIG_INTERNAL` with the message it had. */
export function answerOf(thrown: unknown): { readonly status: number; readonly body: ErrorAnswer } {
  if (thrown instanceof FigError) {
    return { status: statuses[thrown.code] ?? 500, body: errorAnswer(thrown.code, thrown.message, thrown.remedy) };
  }
  if (thrown instanceof z.ZodError) {
    const problems = thrown.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
    return { status: 400, body: errorAnswer('FIG_ADMIN_REFUSED', problems.join('; ')) };
  }
  const status = httpStatusOf(thrown);
  if (status !== undefined) return { status, body: errorAnswer('FIG_ADMIN_REFUSED', describeError(thrown)) };
  return { status: 500, body: errorAnswer('FIG_INTERNAL', describeError(thrown)) };
}

export function errorAnswer(code: ErrorCode, message: string, remedy: string = errorCodes[code].remedy): ErrorAnswer {
  return { error: { code, message, remedy } };
}

/** The 4xx that express gives to bodies that are too large or not JSON. */
function httpStatusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  const { status } = thrown;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
