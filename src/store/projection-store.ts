import type { Knex } from 'knex';
import type { Position } from '../kernel/position.ts';

export type ProjectionState =
  | 'copying'
  | 'building'
  | 'ready'
  /** Changes land in the mirror, but no row of the read model can be trusted: dead letters say why. */
  | 'paused';

export interface ProjectionRow {
  readonly name: string;
  readonly fingerprint: string;
  readonly state: ProjectionState;
  readonly position: Position;
  /** Of the legacy server; undefined when it was stored by an earlier version. */
  readonly timeline: number | undefined;
  /** Where building goes on: the source and the key of the last row whose keys were built. */
  readonly buildCursor: BuildCursor | undefined;
  readonly built: number;
  /** Of the session that it belongs to. */
  readonly epoch: string;
}

/** Where a caller believes a projection to be, and whose; what moves it is done only if it is there. */
export interface Standing extends Pick<ProjectionRow, 'state' | 'position' | 'buildCursor'> {
  /** Undefined: nobody's that the caller knows of. */
  readonly epoch: string | undefined;
}

/** No stored epoch is. */
const NO_EPOCH = '0';

export interface BuildCursor {
  readonly source: string;
  readonly key: readonly string[] | null;
}

export interface BackfillRow {
  readonly source: string;
  readonly cursor: readonly string[] | null;
  readonly copied: number;
  readonly estimated: number;
  readonly done: boolean;
  /** Only these columns are copied, or were the last time; undefined: whole rows. */
  readonly columns: readonly string[] | undefined;
}

interface StoredProjection {
  name: string;
  fingerprint: string;
  state: ProjectionState;
  position: string;
  timeline: number | null;
  build_cursor: string | null;
  built: string;
  epoch: string;
}

interface StoredBackfill {
  source: string;
  cursor: string | null;
  copied: string;
  estimated: string;
  done: boolean;
  columns: string | null;
}

/** How far a projection is. Everything that moves it takes the target transaction it moves in. */
export class ProjectionStore {
  async find(db: Knex, name: string): Promise<ProjectionRow | undefined> {
    const cursor = db.raw('build_cursor::text as build_cursor');
    const row: StoredProjection | undefined = await db('fig.projection')
      .where({ name })
      .first('name', 'fingerprint', 'state', 'position', 'timeline', cursor, 'built', 'epoch');
    if (!row) return undefined;
    return {
      name: row.name,
      fingerprint: row.fingerprint,
      state: row.state,
      position: BigInt(row.position),
      timeline: row.timeline ?? undefined,
      buildCursor: row.build_cursor === null ? undefined : (JSON.parse(row.build_cursor) as BuildCursor),
      built: Number(row.built),
      epoch: row.epoch,
    };
  }

  /**
   * Makes it belong to the caller from now on, if it belongs to whom it did when the caller looked (`seen`). Undefined:
   * somebody else was faster. One that is not there is made, of no definition.
   */
  async claim(db: Knex, name: string, seen: string | undefined): Promise<string | undefined> {
    const unmade = { name, fingerprint: '', state: 'copying', position: '0' };
    const next = { epoch: db.raw(`nextval('fig.projection_epoch')`) };
    const rows: { epoch: string }[] = await (seen === undefined
      ? db('fig.projection').insert(unmade).onConflict('name').ignore().returning('epoch')
      : db('fig.projection').where({ name, epoch: seen }).update(next).returning('epoch'));
    return rows[0]?.epoch;
  }

  /** Whether it belongs to that session. If so, it does until the transaction ends. */
  async isOf(tx: Knex.Transaction, name: string, epoch: string | undefined): Promise<boolean> {
    const held = tx('fig.projection').where({ name, epoch: epoch ?? NO_EPOCH });
    return (await held.forNoKeyUpdate().first('name')) !== undefined;
  }

  /** Whether any read model was ever made. */
  async hasAny(db: Knex): Promise<boolean> {
    // A claim makes a row of no definition.
    return (await db('fig.projection').whereNot({ fingerprint: '' }).first('name')) !== undefined;
  }

  /** Starts from nothing: forgets what there was under the name. */
  async restart(
    tx: Knex.Transaction,
    start: {
      name: string;
      fingerprint: string;
      position: Position;
      timeline: number;
      sources: ReadonlyMap<string, number>;
      /** Of whoever holds it; undefined: another one. */
      epoch?: string | undefined;
    },
  ): Promise<void> {
    await tx('fig.projection').where({ name: start.name }).delete();
    await tx('fig.projection').insert({
      name: start.name,
      fingerprint: start.fingerprint,
      state: 'copying',
      position: start.position.toString(),
      timeline: start.timeline,
      ...(start.epoch !== undefined && { epoch: start.epoch }),
    });
    if (start.sources.size === 0) return;
    await tx('fig.backfill').insert(
      [...start.sources].map(([source, estimated]) => ({ projection: start.name, source, estimated })),
    );
  }

  /**
   * Moves the position on, if it still stands where the caller believes. False: somebody else moved it, so the caller
   * must give up its transaction.
   */
  async advance(tx: Knex.Transaction, name: string, expected: Standing, position: Position): Promise<boolean> {
    const to = { position: position.toString(), updated_at: tx.fn.now() };
    const moved: number = await this.#at(tx, name, expected).update(to);
    return moved === 1;
  }

  /** Whether it stands there. If so, it does until the transaction ends. */
  async holds(tx: Knex.Transaction, name: string, expected: Standing): Promise<boolean> {
    const held: readonly unknown[] = await this.#at(tx, name, expected).forNoKeyUpdate().select('name');
    return held.length === 1;
  }

  async setTimeline(db: Knex, name: string, timeline: number): Promise<void> {
    await db('fig.projection').where({ name }).update({ timeline, updated_at: db.fn.now() });
  }

  async setState(tx: Knex.Transaction, name: string, state: ProjectionState): Promise<void> {
    await tx('fig.projection').where({ name }).update({ state, updated_at: tx.fn.now() });
  }

  /** Back to copying these sources; everything is built again after that. The position stays. */
  async copyAgain(tx: Knex.Transaction, name: string, sources: readonly string[]): Promise<void> {
    await this.#copyFromStart(tx, name, sources);
    await tx('fig.owed_row')
      .where({ projection: name })
      .whereIn('source', [...sources])
      .delete();
    // Every row is met again: what is still wrong with one gets a letter of its own.
    await tx('fig.dead_letter')
      .where({ projection: name })
      .whereIn('source', [...sources])
      .whereIn('kind', ['land', 'dirty'])
      .delete();
  }

  /**
   * What a comparison found right are rows that are not there any more. That it found a difference stands until the next one,
   * since what is made anew is made from a mirror that may still have it; without a position that one is due at once.
   */
  async #forgetProofs(tx: Knex.Transaction, name: string): Promise<void> {
    await tx.raw(
      `WITH last AS (SELECT id, state FROM fig.reconciliation
          WHERE projection = ? AND whole AND state NOT IN ('running', 'failed') ORDER BY id DESC LIMIT 1)
       DELETE FROM fig.reconciliation AS r
        WHERE projection = ? AND NOT EXISTS (SELECT FROM last WHERE last.id = r.id AND last.state = 'different')`,
      [name, name],
    );
    await tx('fig.reconciliation').where({ projection: name }).update({ position: null });
  }

  async #copyFromStart(tx: Knex.Transaction, name: string, sources: readonly string[]): Promise<void> {
    await tx('fig.projection')
      .where({ name })
      .update({ state: 'copying', build_cursor: null, built: 0, updated_at: tx.fn.now() });
    await tx('fig.backfill')
      .where({ projection: name })
      .whereIn('source', [...sources])
      .update({ cursor: null, copied: 0, done: false, columns: null });
    await this.#forgetProofs(tx, name);
  }

  /** Back to copying, of these sources only the given columns; everything is built again after that. The position stays. */
  async fillColumns(
    tx: Knex.Transaction,
    name: string,
    columns: ReadonlyMap<string, readonly string[]>,
  ): Promise<void> {
    // What is owed stays so: the rows that there are stay, too.
    await this.#copyFromStart(tx, name, [...columns.keys()]);
    for (const [source, names] of columns) {
      await tx('fig.backfill')
        .where({ projection: name, source })
        .update({ columns: JSON.stringify(names) });
    }
  }

  /** Begins to build again, from the mirror as it is. */
  async restartBuilding(tx: Knex.Transaction, name: string): Promise<void> {
    await tx('fig.projection')
      .where({ name })
      .update({ state: 'building', build_cursor: null, built: 0, updated_at: tx.fn.now() });
    await this.#forgetProofs(tx, name);
  }

  /** Moves the cursor on in the same way as `advance` does the position. */
  async saveBuildCursor(
    tx: Knex.Transaction,
    name: string,
    expected: Standing,
    to: { readonly cursor: BuildCursor; readonly built: number },
  ): Promise<boolean> {
    const built = tx.raw('built + ?', [to.built]);
    const moved: number = await this.#at(tx, name, expected).update({ build_cursor: JSON.stringify(to.cursor), built });
    return moved === 1;
  }

  #at(tx: Knex.Transaction, name: string, { state, position, buildCursor, epoch }: Standing): Knex.QueryBuilder {
    const cursor = buildCursor ? JSON.stringify(buildCursor) : null;
    return tx('fig.projection')
      .where({ name, state, position: position.toString(), epoch: epoch ?? NO_EPOCH })
      .whereRaw('build_cursor IS NOT DISTINCT FROM ?::jsonb', [cursor]);
  }

  async listBackfill(db: Knex, projection: string): Promise<readonly BackfillRow[]> {
    const rows: StoredBackfill[] = await db('fig.backfill')
      .where({ projection })
      .select(
        'source',
        db.raw('cursor::text as cursor'),
        'copied',
        'estimated',
        'done',
        db.raw('columns::text as columns'),
      )
      .orderBy('source');
    return rows.map((row) => ({
      source: row.source,
      cursor: row.cursor === null ? null : (JSON.parse(row.cursor) as string[]),
      copied: Number(row.copied),
      estimated: Number(row.estimated),
      done: row.done,
      columns: row.columns === null ? undefined : (JSON.parse(row.columns) as string[]),
    }));
  }

  async saveBackfill(
    tx: Knex.Transaction,
    projection: string,
    source: string,
    progress: { cursor: readonly string[] | null; copied: number; done: boolean },
  ): Promise<void> {
    await tx('fig.backfill')
      .where({ projection, source })
      .update({
        ...(progress.cursor && { cursor: JSON.stringify(progress.cursor) }),
        copied: tx.raw('copied + ?', [progress.copied]),
        done: progress.done,
      });
  }
}
