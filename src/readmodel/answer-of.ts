import { Reply } from '../config/feature-definition.ts';
import type { HttpAnswer } from '../kernel/exchange.ts';

/** Larger answers are refused: they are held in memory, and a user can be served by legacy instead. */
export const maxAnswerBytes = 16 * 1024 * 1024;

/**
 * The HTTP answer that a handler's result stands for: `reply(...)` as it says, anything else 200 with it as JSON. Throws
 * a TypeError on what cannot be sent.
 */
export function answerOf(result: unknown): HttpAnswer {
  const reply = isReply(result) ? result : new Reply(200, result);
  if (!Number.isInteger(reply.status) || reply.status < 200 || reply.status > 599) {
    throw new TypeError(`the handler's status ${String(reply.status)} is none`);
  }
  const given = Object.entries(reply.headers).flat();
  if (reply.body === undefined && isReply(result)) {
    return { status: reply.status, headers: given, body: new Uint8Array() };
  }
  const { text, type } = bodyOf(reply.body);
  const body = Buffer.from(text);
  if (body.length > maxAnswerBytes) throw new TypeError(`the handler's answer of ${body.length} bytes is too large`);
  const typed = Object.keys(reply.headers).some((name) => name.toLowerCase() === 'content-type');
  return { status: reply.status, headers: typed ? given : [...given, 'Content-Type', type], body };
}

function bodyOf(body: unknown): { text: string; type: string } {
  if (typeof body === 'string') return { text: body, type: 'text/html; charset=utf-8' };
  const text = JSON.stringify(body) as string | undefined;
  if (text === undefined) throw new TypeError('the handler gave nothing that can be sent; use reply(404, {...})');
  return { text, type: 'application/json; charset=utf-8' };
}

/** By shape, because a config may have been loaded with another copy of the class. */
function isReply(result: unknown): result is Reply {
  return (
    result instanceof Reply || (typeof result === 'object' && result !== null && result.constructor?.name === 'Reply')
  );
}
