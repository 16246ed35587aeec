import type { Knex } from 'knex';

/** Why a mirror is not to be trusted although the table looks as it did when the mirror was made. */
export type Suspicion =
  /** Rows came with other columns: the mirror is right once it has what the table has now. */
  | 'relation'
  /** Changes may not have been published. */
  | 'unpublished'
  /** Changes came without the keys that rows had before. */
  | 'identity';

export interface StoredShape {
  /** As it was saved; the reader knows what it is. */
  readonly shape: unknown;
  readonly suspicion: Suspicion | undefined;
}

/** What the legacy tables of a projection looked like when their mirrors were made. */
export class SourceShapeStore {
  async read(db: Knex, projection: string): Promise<ReadonlyMap<string, StoredShape>> {
    const rows: { source: string; shape: string; suspicion: Suspicion | null }[] = await db('fig.source_shape')
      .where({ projection })
      .select('source', db.raw('shape::text as shape'), 'suspicion');
    return new Map(
      rows.map(({ source, shape, suspicion }) => [
        source,
        { shape: JSON.parse(shape) as unknown, suspicion: suspicion ?? undefined },
      ]),
    );
  }

  /** Takes the place of what was known, suspicion included. */
  async save(tx: Knex, projection: string, source: string, shape: unknown): Promise<void> {
    await tx('fig.source_shape')
      .insert({ projection, source, shape: JSON.stringify(shape), suspicion: null })
      .onConflict(['projection', 'source'])
      .merge();
  }

  /** The least grave one takes the place of no other. */
  async suspect(db: Knex, source: string, suspicion: Suspicion, projection?: string): Promise<void> {
    const rows = db('fig.source_shape').where({ source, ...(projection !== undefined && { projection }) });
    await (suspicion === 'relation' ? rows.whereNull('suspicion') : rows).update({ suspicion });
  }
}
