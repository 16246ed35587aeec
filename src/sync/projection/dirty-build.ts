import type { Knex } from 'knex';
import type { ReadModelDefinition } from '../../config/read-model-definition.ts';
import { milestone } from '../../kernel/milestones.ts';
import { type DeadLetter, DeadLetterStore } from '../../store/dead-letter-store.ts';
import { qualifiedSource, type ReadModelNames } from '../../store/read-model-names.ts';
import type { RawRow } from '../change.ts';
import { type Attempts, CarefulAttempts, straight } from '../dead-letters/attempts.ts';
import { landApart } from '../dead-letters/land-apart.ts';
import type { LetterBook } from '../dead-letters/letter-book.ts';
import { mayMiss } from '../dead-letters/may-miss.ts';
import { retryLetter } from '../dead-letters/retry-letter.ts';
import { mirrorIn } from '../mirror/mirror-in.ts';
import { asHistory, type Landed, type MirrorTable } from '../mirror/mirror-table.ts';
import type { AppliedPiece, Correction, Derivation, Stage, StoredReads, WalkedPage } from './derivation.ts';
import { DirtyKeys } from './dirty-keys.ts';
import { GatheredKeys } from './gathered-keys.ts';
import { KeyBuilder } from './key-builder.ts';
import { ReadModelTable } from './read-model-table.ts';
import { TruncatedKeys } from './truncated-keys.ts';

/** Keys built by one query; a customer with very many orders makes them all dirty at once. */
const KEYS_PER_BUILD = 2_000;
/** Keys that are looked up by one query. */
const KEYS_TAKEN = 20_000;

/** Makes rows by building the keys that changed rows make dirty again from the mirrors. */
export class DirtyBuild implements Derivation {
  readonly walked: readonly string[];
  readonly page = 2_000;
  readonly #definition: ReadModelDefinition;
  readonly #names: ReadModelNames;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  readonly #letters: LetterBook;
  readonly #letterStore = new DeadLetterStore();
  readonly #dirty: ReadonlyMap<string, DirtyKeys>;
  readonly #table: ReadModelTable;
  readonly #builder: KeyBuilder;

  constructor(
    definition: ReadModelDefinition,
    names: ReadModelNames,
    mirrors: ReadonlyMap<string, MirrorTable>,
    letters: LetterBook,
  ) {
    this.#definition = definition;
    this.#names = names;
    this.#mirrors = mirrors;
    this.#letters = letters;
    this.walked = definition.root ? [qualifiedSource(definition.root)] : [...mirrors.keys()];
    this.#table = new ReadModelTable(names.schema, definition);
    this.#builder = new KeyBuilder(definition, names.mirror, this.#table);
    this.#dirty = new Map(
      Object.entries(definition.sources).map(([name, source]) => {
        const { source: table, key } = mirrors.get(qualifiedSource(name))!;
        return [table.name, new DirtyKeys(source, table.columns, key)];
      }),
    );
  }

  readsOf(source: string, { state }: Stage): StoredReads {
    return this.#readsStored(source, state) ? 'touched' : 'moved';
  }

  async create(tx: Knex.Transaction): Promise<void> {
    await this.#table.create(tx);
  }

  async empty(tx: Knex.Transaction): Promise<void> {
    await this.#table.empty(tx);
  }

  async analyze(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`ANALYZE "${this.#names.schema}"."${this.#definition.name}"`);
  }

  async apply(tx: Knex.Transaction, attempts: Attempts, { net, stage: { state } }: AppliedPiece): Promise<void> {
    const isHopeless = attempts instanceof CarefulAttempts && attempts.isHopeless;
    // Nothing can be built from an incomplete mirror, nor while it is not known what else is wrong; all will be later.
    const isBuilt = (state === 'building' || state === 'ready') && !isHopeless;
    const truncated = isBuilt
      ? await TruncatedKeys.note(tx, this.#table, this.#mirrors, net, (source, rows) =>
          this.#pagesOf(tx, attempts, source, rows),
        )
      : undefined;
    const landed = new Map<string, Landed>();
    for (const [name, table] of net) {
      const rules = {
        mayMiss: mayMiss(state, this.#letters, attempts),
        readStored: this.#readsStored(name, state),
      };
      landed.set(name, await landApart(tx, attempts, this.#mirrors.get(name)!, table, rules));
    }
    milestone('sync:landed');
    if (!isBuilt) return;
    const dirty = new GatheredKeys(tx);
    for (const [name, rows] of landed) await this.#gather(tx, attempts, name, rows, dirty);
    for await (const page of dirty.pages()) await this.#build(tx, attempts, page);
    for await (const page of truncated?.pages() ?? []) await this.#build(tx, attempts, page);
  }

  async walk(tx: Knex.Transaction, attempts: Attempts, { source, rows }: WalkedPage): Promise<void> {
    for await (const page of this.#pagesOf(tx, attempts, source, rows)) await this.#build(tx, attempts, page);
  }

  giveEarly(): Promise<number> {
    return Promise.resolve(0);
  }

  async correct(tx: Knex.Transaction, attempts: Attempts, { source, net }: Correction): Promise<void> {
    const landed = await this.#mirrors.get(source)!.land(tx, net, { mayMiss: false, readStored: true });
    const dirty = new GatheredKeys(tx);
    await this.#gather(tx, attempts, source, landed, dirty);
    for await (const page of dirty.pages()) await this.#build(tx, attempts, page);
  }

  async mend(tx: Knex.Transaction, letter: DeadLetter): Promise<'tried'> {
    await retryLetter(tx, letter, (savepoint) => this.#attempt(savepoint, letter));
    return 'tried';
  }

  async giveUp(): Promise<void> {
    // Letters go on being tried; what was built stays until all is built anew.
  }

  /** Builds keys again whose rows were found to be others than `build` gives. */
  async rebuild(tx: Knex.Transaction, keys: readonly string[]): Promise<void> {
    await this.#build(tx, straight, keys);
  }

  /** What `build` gives for keys in a transaction's snapshot. */
  rowsIn(tx: Knex.Transaction, keys: readonly string[]): ReturnType<KeyBuilder['rowsIn']> {
    return this.#builder.rowsIn(tx, keys);
  }

  /** The keys that mirrored rows make dirty, in a transaction's snapshot. Where they are very many, `take` gets them bit by bit. */
  async dirtyKeysIn(
    tx: Knex.Transaction,
    source: string,
    rows: readonly RawRow[],
    take: (keys: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const keys = new Set<string>();
    const spill = async (): Promise<void> => {
      await take([...keys]);
      keys.clear();
    };
    const mirror = mirrorIn(tx, this.#names.mirror);
    await this.#dirty.get(source)!.ofLanded(rows.map(asHistory), mirror, keys, { tx, most: KEYS_TAKEN, spill });
    await spill();
  }

  #readsStored(source: string, state: Stage['state']): boolean {
    return state !== 'copying' && this.#dirty.get(source)!.needsStored;
  }

  async #attempt(tx: Knex.Transaction, { kind, key, source, sourceKey }: DeadLetter): Promise<void> {
    if (kind !== 'dirty') {
      if (key !== undefined) await this.#builder.rebuild(tx, [key]);
      return;
    }
    // A row that is gone, or that is now one that `dirty` understands, is no reason any more.
    const mirror = source === undefined ? undefined : this.#mirrors.get(source);
    const row = mirror && sourceKey && (await mirror.find(tx, sourceKey));
    if (row) await this.dirtyKeysIn(tx, mirror.source.name, [row], async () => undefined);
  }

  async *#pagesOf(
    tx: Knex.Transaction,
    attempts: Attempts,
    source: string,
    rows: readonly RawRow[],
  ): AsyncGenerator<readonly string[]> {
    const dirty = new GatheredKeys(tx);
    await this.#gather(tx, attempts, source, rows.map(asHistory), dirty);
    yield* dirty.pages();
  }

  async #gather(
    tx: Knex.Transaction,
    attempts: Attempts,
    source: string,
    landed: Landed,
    dirty: GatheredKeys,
  ): Promise<void> {
    const mirror = this.#mirrors.get(source)!;
    await attempts.run(
      tx,
      landed,
      (part, some) =>
        dirty.add(part, (into, room) =>
          this.#dirty.get(source)!.ofLanded(some, mirrorIn(part, this.#names.mirror), into, room),
        ),
      ({ row }) => ({ kind: 'dirty', key: undefined, source, sourceKey: mirror.keyOf(row) }),
    );
  }

  async #build(tx: Knex.Transaction, attempts: Attempts, keys: readonly string[]): Promise<void> {
    // A parked key is built when its turn to be tried again comes, from a mirror that has all its changes.
    const mayBe = this.#letters.count > 0 && keys.length > 0;
    const parked = new Set(mayBe ? await this.#letterStore.countChanges(tx, this.#names.projection, keys) : []);
    const open = parked.size === 0 ? keys : keys.filter((key) => !parked.has(key));
    for (let start = 0; start < open.length; start += KEYS_PER_BUILD) {
      if (attempts instanceof CarefulAttempts && attempts.isHopeless) return;
      await attempts.run(
        tx,
        open.slice(start, start + KEYS_PER_BUILD),
        (part, slice) => this.#builder.rebuild(part, slice),
        (key) => ({ kind: 'build', key, source: undefined, sourceKey: undefined }),
      );
    }
  }
}
