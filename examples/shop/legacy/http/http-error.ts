import type { ErrorRequestHandler } from 'express';

/** An answer that is not a success; `body` is sent as JSON. */
export class HttpError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.body = { error: message, ...more };
  }
}

/** 422 with what is wrong with each field. */
export function unprocessable(fields: Readonly<Record<string, string>>): HttpError {
  return new HttpError(422, 'invalid input', { fields });
}

/** The last handler of the app: every error becomes JSON, and details of unknown ones stay in the log. */
export const sendError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof HttpError) {
    response.status(error.status).json(error.body);
  } else if (isBadBody(error)) {
    response.status(error.status).json({ error: 'the body could not be read' });
  } else {
    console.error(error);
    response.status(500).json({ error: 'internal error' });
  }
};

/** Errors of express's body parsers and of its URL decoding carry a 4xx status. */
function isBadBody(error: unknown): error is Error & { status: number } {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500;
}
