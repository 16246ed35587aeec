import { headerValue, type RawHeaders } from '../../src/kernel/exchange.ts';

/** An answer that goes on for as long as the client cares and is silent for as long as there is nothing to say. */
export function isEventStream(headers: RawHeaders): boolean {
  return /^\s*text\/event-stream\b/i.test(headerValue(headers, 'content-type') ?? '');
}
