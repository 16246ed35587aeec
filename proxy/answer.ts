import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../src/kernel/error-codes.ts';
import type { HttpAnswer, RawHeaders } from '../src/kernel/exchange.ts';
import { isBodiless } from './forward.ts';
import type { FaultPlace } from './upstream-failure.ts';

/** Sends an answer of the candidate, complete and in one go. A conditional request gets the full answer, which is allowed. */
export function answerFromCandidate(
  res: ServerResponse,
  method: string,
  answer: HttpAnswer,
  explanation: RawHeaders = [],
): void {
  const headers = [...answer.headers, 'x-fig-served-by', 'candidate', ...explanation];
  // An answer to HEAD without a body says how long one would be, or nothing, but never that it is empty.
  const isLengthKnown = method === 'HEAD' && answer.body.byteLength === 0;
  if (answer.status !== 204 && answer.status !== 304 && !isLengthKnown) {
    headers.push('Content-Length', String(answer.body.byteLength));
  }
  res.writeHead(answer.status, headers);
  res.end(isBodiless(method, answer.status) ? undefined : answer.body);
}

export interface ErrorAnswer {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId: string;
  /** In which phase of the request, on whose side, and of what kind; where that is known. */
  readonly place?: FaultPlace | undefined;
  /** Further header lines. */
  readonly added?: RawHeaders | undefined;
}

/** Tells the user that there is no answer: a page for browsers, JSON for everything else. The cause goes to the log only. */
export function answerError(res: ServerResponse, error: ErrorAnswer): void {
  const isPage = /\btext\/html\b/i.test(res.req.headers.accept ?? '');
  const body = isPage ? errorPage(error) : `${JSON.stringify({ error: toldOf(error) })}\n`;
  const { added = [] } = error;
  for (let i = 0; i < added.length; i += 2) res.appendHeader(added[i]!, added[i + 1]!);
  res.writeHead(error.status, {
    'Content-Type': `${isPage ? 'text/html' : 'application/json'}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Fig-Request-Id': error.requestId,
  });
  res.end(res.req.method === 'HEAD' ? undefined : body);
}

function toldOf({ code, message, place, requestId }: ErrorAnswer): Record<string, string> {
  return { code, message, ...place, requestId };
}

function errorPage({ status, code, message, place, requestId }: ErrorAnswer): string {
  const where = place === undefined ? '' : ` (${place.phase}, ${place.side}, ${place.cause})`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${status}</title>
<h1>${status}</h1><p>${escaped(message)}</p><p><small>${code}${where}, request ${escaped(requestId)}</small></p></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
