import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeardReadModels } from '../../../src/app/roles/heard-read-models.ts';
import { storedFigures } from '../../../src/app/roles/read-model-figures.ts';
import type { ReadModelNotice, StoredReadModelState } from '../../../src/store/read-model-state-store.ts';

const LEASE_MS = 3_000;
const NAME = 'orders_v1';

interface Row {
  readonly claim: number;
  readonly number: number;
  readonly process: string;
  readonly position: bigint | undefined;
  readonly revision: number;
  readonly parked: readonly string[];
  readonly expiresAt: number;
}

/** A process that keeps the read model, or believes that it does: one that stood still goes on with what it knew. */
interface Keeper {
  readonly id: string;
  claim: number;
  number: number;
  /** Undefined: the rows are being made. */
  position: bigint | undefined;
  revision: number;
  parked: string[];
}

/** The table, the notices on their way, readers, and what is true of the read model's rows. */
class World {
  now = 10_000;
  row: Row | undefined;
  claims = 0;
  /** Where the rows stand; undefined: they are being made. */
  rows: bigint | undefined = 1n;
  /** Keys that are wrong in the rows, from which position on. */
  wrong = new Map<string, bigint>();
  keepers: Keeper[] = [];
  holder: Keeper | undefined;
  emptyAt: number | undefined;
  readonly readers: {
    readonly heard: HeardReadModels;
    readonly inbox: ReadModelNotice[];
    answer: Row | undefined;
    askedAt: number;
  }[] = [];

  constructor(readers: number) {
    for (let n = 0; n < readers; n += 1) {
      const heard = new HeardReadModels([NAME], {
        onPosition: () => undefined,
        onParked: () => undefined,
        now: () => this.now,
      });
      this.readers.push({ heard, inbox: [], answer: undefined, askedAt: 0 });
    }
  }

  /** Another process comes to hold the slot. */
  comes(): void {
    const keeper = {
      id: `p${this.keepers.length}`,
      claim: (this.claims += 1),
      number: 0,
      position: this.rows,
      revision: 1,
      parked: [...this.wrong.keys()],
    };
    this.keepers.push(keeper);
    this.holder = keeper;
    this.emptyAt = undefined;
    this.tells(keeper);
  }

  applies(parksKey: boolean): void {
    const { holder } = this;
    if (holder === undefined || this.rows === undefined || this.emptyAt !== undefined) return;
    this.rows += 1n;
    holder.position = this.rows;
    if (!parksKey) return;
    const key = String(this.wrong.size);
    this.wrong.set(key, this.rows);
    holder.parked = [...holder.parked, key];
    holder.revision += 1;
  }

  /** As `tellStates`: a row of a later claim refuses it. */
  tells(keeper: Keeper): void {
    keeper.number += 1;
    if (this.row !== undefined && this.row.claim > keeper.claim) return;
    const { claim, number, id, revision, parked } = keeper;
    const position = this.emptyAt === undefined || keeper !== this.holder ? keeper.position : undefined;
    this.row = { claim, number, process: id, position, revision, parked, expiresAt: this.now + LEASE_MS };
  }

  notifies(keeper: Keeper): void {
    const { position } = keeper;
    if (position === undefined || (this.emptyAt !== undefined && keeper === this.holder)) return;
    keeper.number += 1;
    const { claim, number, revision } = keeper;
    for (const { inbox } of this.readers)
      inbox.push({ claim, number, moved: [{ readModel: NAME, position, revision }] });
  }

  /** As `withdrawState`, by the holder. */
  withdraws(): void {
    const { holder, row } = this;
    if (holder === undefined || this.emptyAt !== undefined) return;
    const leftMs = row === undefined ? 0 : Math.max(0, row.expiresAt - this.now);
    if (row !== undefined) {
      const claim = row.process === holder.id ? row.claim : (this.claims += 1);
      this.row = { ...row, claim, number: row.number + 1, process: holder.id, position: undefined };
    }
    this.emptyAt = this.now + leftMs;
  }

  passes(ms: number): void {
    this.now += ms;
    if (this.emptyAt !== undefined && this.now >= this.emptyAt) this.rows = undefined;
  }

  /** The new rows are built. */
  builds(): void {
    if (this.rows !== undefined || this.holder === undefined) return;
    this.rows = 1_000n * BigInt(this.claims + 1);
    this.wrong.clear();
    Object.assign(this.holder, {
      position: this.rows,
      parked: [],
      revision: this.holder.revision + 1,
      claim: (this.claims += 1),
    });
    this.emptyAt = undefined;
    this.tells(this.holder);
  }

  asks(n: number): void {
    const reader = this.readers[n % this.readers.length]!;
    reader.askedAt = this.now;
    reader.answer = this.row;
  }

  /** The answer to the last question arrives, however late. */
  answers(n: number): void {
    const { heard, answer, askedAt } = this.readers[n % this.readers.length]!;
    if (answer !== undefined) heard.hearStates([this.#stored(answer, askedAt)], askedAt);
  }

  hears(n: number, isLost: boolean): void {
    const { heard, inbox } = this.readers[n % this.readers.length]!;
    const notice = inbox.shift();
    if (notice !== undefined && !isLost) heard.hearNotice(notice);
  }

  /** What must hold at every moment, for every reader. */
  check(): void {
    for (const { heard } of this.readers) {
      const believed = heard.applied(NAME)?.current();
      if (believed === undefined) continue;
      expect(this.rows, 'nobody trusts rows that are taken away').toBeDefined();
      for (const [key, since] of this.wrong) {
        if (believed >= since) expect(heard.letters(NAME)?.parked).toContain(key);
      }
      expect(believed <= this.rows!, `believed ${believed}, the rows stand at ${this.rows}`).toBe(true);
    }
  }

  #stored(row: Row, askedAt: number): StoredReadModelState {
    const { claim, number, process, position, revision, parked, expiresAt } = row;
    const letters = { parked, count: parked.length, parkings: parked.length };
    const progress = { state: 'ready', progress: 1, error: undefined } as const;
    const state = storedFigures({ position, progress, letters, lagSeconds: 0, heldBytes: 0, batch: undefined });
    const told: unknown = JSON.parse(JSON.stringify(state));
    return {
      readModel: NAME,
      claim,
      number,
      process,
      position,
      revision,
      sourceLog: 'log',
      leftMs: expiresAt - askedAt,
      state: told,
    };
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('comes' as const) }),
  fc.record({ do: fc.constant('applies' as const), parks: fc.boolean() }),
  fc.record({ do: fc.constantFrom('tells' as const, 'notifies' as const), who: fc.nat(5) }),
  fc.record({ do: fc.constantFrom('withdraws' as const, 'builds' as const) }),
  fc.record({ do: fc.constant('passes' as const), ms: fc.constantFrom(1, 400, 1_000, 2_999, 3_000) }),
  fc.record({ do: fc.constantFrom('asks' as const, 'answers' as const), n: fc.nat(1) }),
  fc.record({ do: fc.constant('hears' as const), n: fc.nat(1), isLost: fc.boolean() }),
);

test('whatever is late, lost, repeated or said by a process that stood still, no reader trusts rows further than they are', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 120 }), (steps) => {
      const world = new World(2);
      world.comes();
      for (const each of steps) {
        if (each.do === 'comes') world.comes();
        else if (each.do === 'applies') world.applies(each.parks);
        else if (each.do === 'tells') world.tells(world.keepers[each.who % world.keepers.length]!);
        else if (each.do === 'notifies') world.notifies(world.keepers[each.who % world.keepers.length]!);
        else if (each.do === 'withdraws') world.withdraws();
        else if (each.do === 'builds') world.builds();
        else if (each.do === 'passes') world.passes(each.ms);
        else if (each.do === 'asks') world.asks(each.n);
        else if (each.do === 'answers') world.answers(each.n);
        else if (each.do === 'hears') world.hears(each.n, each.isLost);
        world.check();
      }
    }),
    { numRuns: 20_000 },
  );
});
