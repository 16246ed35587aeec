import type { Knex } from 'knex';

/** Where rows are owed: a mirror of a projection. */
export interface OwedPlace {
  readonly projection: string;
  readonly source: string;
}

/** Keys of rows that a copy has to read by themselves, as it may have passed by where they are. */
export class OwedRowStore {
  async add(
    tx: Knex.Transaction,
    { projection, source }: OwedPlace,
    keys: readonly (readonly string[])[],
  ): Promise<void> {
    await tx.raw(
      'INSERT INTO fig.owed_row (projection, source, key) SELECT ?, ?, k FROM jsonb_array_elements(?::jsonb) AS k',
      [projection, source, JSON.stringify(keys)],
    );
  }

  /** Some of them; each may be there more than once. */
  async some(db: Knex, { projection, source }: OwedPlace, limit: number): Promise<readonly (readonly string[])[]> {
    const rows: { key: string }[] = await db('fig.owed_row')
      .where({ projection, source })
      .limit(limit)
      .select(db.raw('key::text AS key'));
    return [...new Set(rows.map(({ key }) => key))].map((key) => JSON.parse(key) as string[]);
  }

  async isAny(db: Knex, projection: string): Promise<boolean> {
    return (await db('fig.owed_row').where({ projection }).first(db.raw('1'))) !== undefined;
  }

  async remove(
    tx: Knex.Transaction,
    { projection, source }: OwedPlace,
    keys: readonly (readonly string[])[],
  ): Promise<void> {
    await tx.raw(
      `DELETE FROM fig.owed_row WHERE projection = ? AND source = ?
          AND key IN (SELECT k FROM jsonb_array_elements(?::jsonb) AS k)`,
      [projection, source, JSON.stringify(keys)],
    );
  }
}
