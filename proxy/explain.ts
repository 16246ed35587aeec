import { headerValue, type RawHeaders } from '../src/kernel/exchange.ts';
import type { ClientRequest } from './client-request.ts';
import type { Reason } from './decide.ts';

/** Who is told why a side answered: nobody, whoever asks for it on this machine, or everybody. */
export type Explain = 'never' | 'on-request' | 'always';

const nothing: RawHeaders = [];

/** The header lines that tell why a side answered. A request asks for them with `x-fig-explain: 1`. */
export function explained(explain: Explain, { req, origin }: ClientRequest, reason: Reason): RawHeaders {
  if (explain === 'never') return nothing;
  if (
    explain === 'on-request' &&
    !(isLoopback(origin.address) && headerValue(req.rawHeaders, 'x-fig-explain') === '1')
  ) {
    return nothing;
  }
  return ['x-fig-reason', reason];
}

/** Whether an address is of this machine. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Adds the explanation to whatever else is to be added to the head of legacy's answer. */
export function withExplanation<Head>(
  beforeHead: ((head: Head) => Promise<string[]>) | undefined,
  explanation: RawHeaders,
): ((head: Head) => Promise<string[]>) | undefined {
  if (explanation.length === 0) return beforeHead;
  return async (head) => [...((await beforeHead?.(head)) ?? []), ...explanation];
}
