import type { Asked } from './asked.ts';
import { isCandidatesTurn, type Decision } from './decide.ts';
import { explained, withExplanation } from './explain.ts';
import { relay } from './forward.ts';
import type { Place } from './load.ts';
import type { ProxyParts } from './proxy-parts.ts';
import type { Completion } from './seen-request.ts';
import { tellOutcome } from './tell-outcome.ts';
import type { Turn } from './upstream-turns.ts';
import { addedLines, framed, viaOfAnswer } from './upstream-headers.ts';

/** Whether there is nothing to do for a request but to forward it. */
export function isPassedThrough({ serve, mirror }: Decision, { hasBody, method }: Asked): boolean {
  return serve === 'legacy' && !mirror && !hasBody && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
}

/**
 * Forwards a request about which there is nothing to compare and nothing to note: what most requests of most features are.
 * The same as the way of all others, without what only those need; it makes no promise.
 */
export function passThrough(
  parts: ProxyParts,
  { client, headers }: Asked,
  decision: Decision,
  place: Place,
  turn: Turn,
  completion: Completion,
): void {
  const { req, res, method, target, gone } = client;
  const { reason } = decision;
  const fallback = isCandidatesTurn(decision) ? reason : undefined;
  const onHead = (head: { readonly isEventStream: boolean }): void => {
    if (!head.isEventStream) return;
    turn.release();
    place.becomeStream();
  };
  const beforeHead = withExplanation(addedLines(viaOfAnswer(parts.identity)), explained(parts.explain, client, reason));
  relay(
    parts.legacy,
    {
      method,
      target,
      headers: framed(headers, 'none', req.headers.te),
      req,
      body: 'none',
      res,
      gone,
      onHead,
      beforeHead,
    },
    (outcome) => {
      turn.release();
      try {
        completion.done({ status: tellOutcome(parts.log, client, outcome), servedBy: 'legacy', reason, fallback });
      } catch (error) {
        completion.failed(error);
      }
    },
  );
}
