import type { Knex } from 'knex';
import { milestone } from '../../../kernel/milestones.ts';
import { type DeadLetterNote, DeadLetterStore, letterPlace } from '../../../store/dead-letter-store.ts';
import { type ParkedMessage, ParkedMessageStore, type RawMessage } from '../../../store/parked-message-store.ts';
import { ProjectionStore } from '../../../store/projection-store.ts';
import { TopicStore } from '../../../store/topic-store.ts';
import type { Failure } from '../../dead-letters/describe-failure.ts';
import { isConflict, isParkable } from '../../dead-letters/transient-errors.ts';
import { tryInSavepoint } from '../../dead-letters/try-in-savepoint.ts';
import type { EventGiver } from './event-giver.ts';
import type { EventVerdict } from './judge-event.ts';
import { digestOfEvent, digestOfMessage } from './message-digests.ts';
import { keyOfMessage } from './message-text.ts';

/** Tries of messages that another transaction got in the way of. */
const CONFLICT_TRIES = 3;
/** Messages of one key that are tried again in one transaction. */
const TRIED_AT_ONCE = 100;

/** Thrown where the read model belongs to another process by now, so that nothing was done. */
export class TakenOver extends Error {}

/** Messages of one partition that follow one another. */
export interface MessageChunk {
  readonly topic: string;
  readonly partition: number;
  /** Where the partition was read up to before. */
  readonly from: bigint;
  /** Where to read on after it. */
  readonly next: bigint;
  readonly messages: readonly RawMessage[];
}

export interface ApplierParts {
  readonly target: Knex;
  readonly projection: string;
  /** Of the session; nothing is done once another one has begun. */
  readonly epoch: string;
  readonly giver: EventGiver;
}

/** Applies messages to a read model: what they do and how far they were read are one transaction. */
export class MessageApplier {
  readonly #parts: ApplierParts;
  readonly #projections = new ProjectionStore();
  readonly #topics = new TopicStore();
  readonly #letters = new DeadLetterStore();
  readonly #parked = new ParkedMessageStore();

  constructor(parts: ApplierParts) {
    this.#parts = parts;
  }

  /**
   * Straight on, and when that fails because of what is in it, once more with care. `mayWait`: whether messages may be waiting
   * already. Answers whether something came to wait. Throws TakenOver.
   */
  async apply(chunk: MessageChunk, mayWait: boolean): Promise<boolean> {
    for (let conflicts = 1; ; conflicts += 1) {
      try {
        return await this.#inTransaction((tx) => this.#apply(tx, chunk, { isCareful: false, mayWait }));
      } catch (error) {
        if (isConflict(error) && conflicts < CONFLICT_TRIES) continue;
        if (error instanceof TakenOver || !isParkable(error)) throw error;
        return this.#inTransaction((tx) => this.#apply(tx, chunk, { isCareful: true, mayWait: true }));
      }
    }
  }

  /** Tries again what a letter stands for, if one is due. False: none was. Throws TakenOver. */
  async mend(): Promise<boolean> {
    return this.#inTransaction(async (tx) => {
      const { projection, giver } = this.#parts;
      const letter = await this.#letters.takeDue(tx, projection);
      if (letter === undefined) return false;
      const place = letterPlace(letter);
      const done: string[] = [];
      let failure: Failure | undefined;
      await giver.prepare(tx);
      for (const message of await this.#parked.first(tx, projection, place, TRIED_AT_ONCE)) {
        failure = await this.#tryOne(tx, message, giver.judge(message.topic, giver.decode(message.topic, message)));
        if (failure) break;
        done.push(message.id);
      }
      const isMore = await this.#parked.take(tx, projection, place, done);
      if (!isMore) await this.#letters.remove(tx, letter.id);
      // After a success it is another message that fails, so it is tried as often as if it were new.
      else if (failure)
        await this.#letters.failedAgain(tx, done.length > 0 ? { ...letter, attempts: 0 } : letter, failure);
      else await this.#letters.hasten(tx, { id: letter.id });
      return true;
    });
  }

  /** Work that is done only while the read model is this session's. */
  async own<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#inTransaction(work);
  }

  async #inTransaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    const { target, projection, epoch } = this.#parts;
    return target.transaction(async (tx) => {
      if (!(await this.#projections.isOf(tx, projection, epoch))) throw new TakenOver('another process has taken over');
      return work(tx);
    });
  }

  async #apply(
    tx: Knex.Transaction,
    { topic, partition, from, next, messages }: MessageChunk,
    { isCareful, mayWait }: { readonly isCareful: boolean; readonly mayWait: boolean },
  ): Promise<boolean> {
    const { projection, giver } = this.#parts;
    const newest = messages.at(-1);
    const last = newest && { offset: newest.offset, digest: digestOfMessage(newest) };
    if (!(await this.#topics.advance(tx, projection, { topic, partition, next, last }, from))) {
      throw new TakenOver(`partition ${String(partition)} of ${topic} was read by another process`);
    }
    const judged = messages
      .map((message) => ({ message, decoded: giver.decode(topic, message) }))
      .map((each) => ({
        ...each,
        verdict: giver.judge(topic, each.decoded),
        digest: each.decoded.kind === 'event' ? digestOfEvent(topic, each.decoded) : undefined,
      }));
    const wanted = judged.flatMap(({ verdict, digest }) => (verdict.do !== 'pass' && digest ? [digest] : []));
    const unseen = new Set(await this.#topics.unseen(tx, projection, wanted));
    const queue = new WaitingMessages(mayWait ? (await this.#parked.hold(tx, projection)).places : new Set());
    let repeats = 0;
    await giver.prepare(tx);
    for (const { message, verdict, digest } of judged) {
      if (verdict.do === 'pass') continue;
      // The first of several is the one that counts.
      if (digest && !unseen.delete(digest.toString('hex'))) {
        repeats += 1;
        continue;
      }
      const at = placeOfMessage(message, verdict);
      const modelKeys = giver.modelKeys(verdict.event);
      if (queue.isWaiting(at.place)) {
        queue.add({ ...message, place: at.place, modelKeys });
        continue;
      }
      if (verdict.do === 'give' && !isCareful) {
        await giver.give(tx, verdict.event);
        continue;
      }
      const failure = await this.#tryOne(tx, message, verdict);
      if (failure) queue.park({ ...message, place: at.place, modelKeys }, { ...at.note, ...failure });
    }
    if (repeats > 0) await this.#topics.addRepeats(tx, projection, repeats);
    for (const note of queue.notes.values()) await this.#letters.park(tx, projection, note);
    if (queue.hasGrown) await this.#parked.add(tx, projection, queue.messages, new Set(queue.notes.keys()));
    milestone('sync:landed');
    return queue.hasGrown;
  }

  /** Why it has to wait; undefined: it was given, or means nothing. */
  async #tryOne(tx: Knex.Transaction, message: RawMessage, verdict: EventVerdict): Promise<Failure | undefined> {
    if (verdict.do === 'pass') return undefined;
    if (verdict.do === 'give') return tryInSavepoint(tx, () => this.#parts.giver.give(tx, verdict.event));
    const where = `partition ${String(message.partition)}, offset ${String(message.offset)}`;
    return { code: 'FIG_EVENT_REFUSED', message: `${where}: ${verdict.reason}` };
  }
}

/** What has to wait in one transaction. */
class WaitingMessages {
  readonly notes = new Map<string, DeadLetterNote>();
  readonly messages: ParkedMessage[] = [];
  readonly #places: Set<string>;

  constructor(places: ReadonlySet<string>) {
    this.#places = new Set(places);
  }

  get hasGrown(): boolean {
    return this.messages.length > 0;
  }

  isWaiting(place: string): boolean {
    return this.#places.has(place);
  }

  add(message: ParkedMessage): void {
    this.messages.push(message);
  }

  park(message: ParkedMessage, note: DeadLetterNote): void {
    this.#places.add(message.place);
    this.notes.set(message.place, note);
    this.add(message);
  }
}

/** Messages of one key wait in one queue, also those that cannot be read; one without a key waits alone. */
function placeOfMessage(
  message: RawMessage,
  verdict: EventVerdict,
): { readonly place: string; readonly note: Omit<DeadLetterNote, 'code' | 'message'> } {
  const event = verdict.do === 'pass' ? undefined : verdict.event;
  const key = keyOfMessage(message.key) ?? event?.key ?? `${String(message.partition)}/${String(message.offset)}`;
  const note = { kind: 'message' as const, key: undefined, source: message.topic, sourceKey: [key] };
  return { place: letterPlace(note), note };
}
