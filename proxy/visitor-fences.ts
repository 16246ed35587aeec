import { laterPosition, positionZero, type Position } from '../src/kernel/position.ts';

// Nothing here does I/O or reads a clock.

export interface Standing {
  /** Position that must be applied before the visitor is served from a read model. */
  readonly fence: Position;
  /**
   * Milliseconds of one clock until which a write of unknown position may still commit; 0: none. A source position
   * that was read at or after it covers the write.
   */
  readonly owedUntil: number;
  /** When the source was last read for the visitor. */
  readonly readAt: number;
  /** Marks of the last notes of such writes, the latest last. */
  readonly marks: readonly number[];
}

const nobody: Standing = { fence: positionZero, owedUntil: 0, readAt: 0, marks: [] };
/** A visitor carries one note; more of them at a time come from clients with several jars of cookies. */
const MARKS = 4;

/**
 * The fences of the last writers. Bounded: a forgotten visitor's fence becomes a floor for everybody, so forgetting can
 * cost a wait or a read from legacy, but never a stale read.
 */
export class VisitorFences {
  readonly #limit: number;
  readonly #visitors = new Map<string, Standing>();
  #floor: Standing = nobody;

  /** `floor`: what everybody is held to, whoever they are. */
  constructor(limit: number, floor: Standing = nobody) {
    this.#limit = limit;
    this.#floor = floor;
  }

  get size(): number {
    return this.#visitors.size;
  }

  /** The visitor's last write is at or before this position, as read from the source at `readAt` or later. */
  raise(visitor: string, fence: Position, readAt: number): void {
    const before = this.#visitors.get(visitor) ?? nobody;
    this.#remember(visitor, {
      fence: laterPosition(before.fence, fence),
      owedUntil: before.owedUntil,
      readAt: Math.max(before.readAt, readAt),
      marks: before.marks,
    });
  }

  /** A write of the visitor may commit until then, at a position nobody knows. */
  owe(visitor: string, until: number): void {
    const before = this.#visitors.get(visitor) ?? nobody;
    this.#remember(visitor, { ...before, owedUntil: Math.max(before.owedUntil, until) });
  }

  /** The same of a write that the visitor carries a note of: shown again, the same note says nothing new. */
  oweByNote(visitor: string, mark: number, until: number): void {
    const before = this.#visitors.get(visitor) ?? nobody;
    if (before.marks.includes(mark)) return;
    const marks = [...before.marks, mark].slice(-MARKS);
    this.#remember(visitor, { ...before, owedUntil: Math.max(before.owedUntil, until), marks });
  }

  standingOf(visitor: string): Standing {
    const own = this.#visitors.get(visitor) ?? nobody;
    return {
      fence: laterPosition(own.fence, this.#floor.fence),
      owedUntil: Math.max(own.owedUntil, this.#floor.owedUntil),
      readAt: own.readAt,
      marks: own.marks,
    };
  }

  /** Who still owes at `now`, and until when everybody does; for proxies that have seen none of it. */
  owing(now: number): { readonly visitors: [visitor: string, until: number][]; readonly everybody: number } {
    const visitors = [...this.#visitors]
      .filter(([, { owedUntil }]) => owedUntil > now)
      .map(([visitor, { owedUntil }]): [string, number] => [visitor, owedUntil]);
    return { visitors, everybody: this.#floor.owedUntil > now ? this.#floor.owedUntil : 0 };
  }

  #remember(visitor: string, standing: Standing): void {
    this.#visitors.delete(visitor);
    this.#visitors.set(visitor, standing);
    if (this.#visitors.size <= this.#limit) return;
    for (const [oldest, forgotten] of this.#visitors) {
      this.#visitors.delete(oldest);
      const isPaid = forgotten.readAt >= forgotten.owedUntil;
      this.#floor = {
        fence: laterPosition(this.#floor.fence, forgotten.fence),
        owedUntil: isPaid ? this.#floor.owedUntil : Math.max(this.#floor.owedUntil, forgotten.owedUntil),
        readAt: 0,
        marks: [],
      };
      return;
    }
  }
}
