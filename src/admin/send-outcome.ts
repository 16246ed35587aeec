import type { Response } from 'express';
import type { TransitionOutcome } from '../app/control.ts';

/** A refusal is 409 with the same shape as a success: `moved` and `reason` say which. */
export function sendOutcome(response: Response, outcome: TransitionOutcome): void {
  response.status(outcome.moved ? 200 : 409).json(outcome);
}
