import type { Knex } from 'knex';
import { appendAudit } from './audit-store.ts';
import { type DeadLetter, DeadLetterStore, letterPlace } from './dead-letter-store.ts';
import { ParkedChangeStore } from './parked-change-store.ts';
import { ParkedMessageStore } from './parked-message-store.ts';

export interface LetterOrder {
  readonly feature: string;
  readonly projection: string;
  readonly who: string;
  readonly why: string;
  /** Undefined: all of the projection. */
  readonly id?: number | undefined;
}

const letters = new DeadLetterStore();
const parked = new ParkedChangeStore();
const messages = new ParkedMessageStore();

/** Makes letters due at once, and notes in the same transaction who asked for it. Returns their ids. */
export function retryLetters(store: Knex, order: LetterOrder): Promise<readonly number[]> {
  return store.transaction(async (tx) => {
    const ids = await letters.hasten(tx, { id: order.id, projections: [order.projection] });
    if (ids.length > 0) await note(tx, order, 'retry-dead-letter', 'due now', { ids });
    return ids;
  });
}

/**
 * Drops a letter: what the read model has of the key stays as it is until the next change. Of a queue of changes the first is
 * dropped, and the letter then stands for the next, which is due at once. False: there is none.
 */
export function discardLetter(store: Knex, order: LetterOrder & { readonly id: number }): Promise<boolean> {
  return store.transaction(async (tx) => {
    const letter = await letters.hold(tx, order.id);
    if (letter === undefined) return false;
    if (!(await dropFirst(tx, letter))) await letters.remove(tx, letter.id);
    const { kind, key, source, sourceKey, code, message } = letter;
    await note(tx, order, 'discard-dead-letter', 'discarded', { kind, key, source, sourceKey, code, message });
    return true;
  });
}

/** Whether others wait behind it. */
async function dropFirst(tx: Knex.Transaction, letter: DeadLetter): Promise<boolean> {
  const { projection, id } = letter;
  const queues = letter.kind === 'change' ? parked : letter.kind === 'message' ? messages : undefined;
  if (queues === undefined) return false;
  const place = letterPlace(letter);
  const ids = (await queues.first(tx, projection, place, 1)).map((each) => each.id);
  if (!(await queues.take(tx, projection, place, ids))) return false;
  await letters.hasten(tx, { id });
  return true;
}

async function note(
  tx: Knex.Transaction,
  { feature, who, why, id }: LetterOrder,
  action: 'retry-dead-letter' | 'discard-dead-letter',
  to: string,
  evidence: object,
): Promise<void> {
  const routing = await tx('fig.phase_revision').first('revision');
  await appendAudit(tx, {
    feature,
    action,
    from: id === undefined ? 'all dead letters' : `dead letter ${id}`,
    to,
    who,
    why,
    gate: undefined,
    evidence,
    revision: Number(routing?.revision ?? 0),
  });
}
