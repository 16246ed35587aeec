import { FigError } from '../../../kernel/fig-error.ts';
import type { StreamEvent } from '../../change.ts';
import type { SpoolSpace } from '../../postgres/spool-space.ts';
import { BodySkim } from './body-skim.ts';
import type { Envelope } from './envelope.ts';
import { BodyReader } from './event-body.ts';
import { SpooledEvent } from './spooled-event.ts';

const nothing = { changes: [], messages: [], relations: [] };

interface OpenEvent {
  readonly envelope: Envelope;
  readonly parts: Buffer[];
  readonly spooled: SpooledEvent | undefined;
  next: number;
}

/**
 * Puts the messages of one leader together to events. Those of large transactions wait outside of memory for the rest.
 */
export class EventAssembler implements AsyncDisposable {
  readonly #space: SpoolSpace;
  readonly #bodies = new BodyReader();
  readonly #skim: BodySkim | undefined;
  readonly #spooled = new Set<SpooledEvent>();
  #open: OpenEvent | undefined;

  /** `isNeeded`: see `BodySkim`; undefined: all tables are. */
  constructor(space: SpoolSpace, isNeeded?: (table: string) => boolean) {
    this.#space = space;
    this.#skim = isNeeded && new BodySkim(isNeeded);
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** What a message is to what came before it: a leader writes each of an event once and in order. */
  isNext({ part, end, epoch }: Envelope): 'next' | 'repeated' | 'too-late' {
    const open = this.#open;
    const isSame = open?.envelope.end === end && open.envelope.epoch === epoch;
    if (!isSame) return part === 0 ? 'next' : 'too-late';
    return part === open.next ? 'next' : part < open.next ? 'repeated' : 'too-late';
  }

  /** The event that the message, which must be the next, completes. Throws FIG_TOPIC_FOREIGN when it cannot be read. */
  push(envelope: Envelope, value: Buffer): StreamEvent | undefined {
    const { kind, end } = envelope;
    if (kind === 'begin') return undefined;
    if (kind === 'position') return { type: 'position', position: end };
    const open = envelope.part === 0 ? this.#begin(envelope) : this.#open!;
    open.next += 1;
    if (open.spooled) open.spooled.append(value, envelope.cut !== 'inside');
    else open.parts.push(value);
    if (envelope.cut !== 'end') return undefined;
    this.#open = undefined;
    return open.spooled ? { type: 'large', transaction: open.spooled } : this.#readTransaction(open);
  }

  /** Forgets the event that has not ended: its leader will not end it, or another one writes it anew. */
  drop(): void {
    const open = this.#open;
    this.#open = undefined;
    // A file that cannot be closed is a matter of the session, which failed when it could not be written.
    void open?.spooled?.release().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = undefined;
    await Promise.allSettled([...this.#spooled].map((spooled) => spooled.release()));
  }

  #begin(envelope: Envelope): OpenEvent {
    this.drop();
    let spooled: SpooledEvent | undefined;
    if (envelope.kind === 'large') {
      const parts = { space: this.#space, bodies: this.#bodies };
      spooled = new SpooledEvent(envelope.end, parts, (released) => void this.#spooled.delete(released));
      this.#spooled.add(spooled);
    }
    this.#open = { envelope, parts: [], spooled, next: 0 };
    return this.#open;
  }

  #readTransaction({ envelope, parts }: OpenEvent): StreamEvent {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const skimmed = this.#skim?.read(bytes);
    const body = skimmed ? { ...skimmed, ...nothing } : this.#bodies.read(bytes);
    const { xid, committedAtMs, changes, messages, relations } = body;
    if (xid === undefined || committedAtMs === undefined) {
      throw new FigError('FIG_TOPIC_FOREIGN', 'the topic holds a transaction without its number');
    }
    const transaction = { xid, committedAtMs, endPosition: envelope.end, changes, messages, relations };
    // What was not read takes no memory.
    return { type: 'transaction', transaction, bytes: skimmed ? 0 : bytes.length };
  }
}
