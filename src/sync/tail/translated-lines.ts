import { formatPosition } from '../../kernel/position.ts';
import type { TranslatedEvents } from '../domain-events/translated-events.ts';
import { eventLine } from './event-line.ts';
import type { TailLine } from './tail-line.ts';

/** Each read model translates by itself, and a transaction that is done again does so again. */
const REMEMBERED = 10_000;

/** Makes lines of translated events, each once. No I/O. */
export class TranslatedLines {
  readonly #secret: Uint8Array;
  readonly #seen = new Set<string>();

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  *lines({ source, events }: TranslatedEvents, nowMs: number): Generator<TailLine> {
    for (const { after, position, committedAtMs } of events) {
      const { id, type, key } = after ?? {};
      if (!id || this.#seen.has(id)) continue;
      this.#seen.add(id);
      if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value!);
      const place = { position: formatPosition(position), atMs: committedAtMs ?? nowMs };
      yield eventLine({ type, key, from: `translation of ${source}`, ...place }, this.#secret, nowMs);
    }
  }
}
