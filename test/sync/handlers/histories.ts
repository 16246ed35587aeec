import * as fc from 'fast-check';
import type { SyncSetup } from '../fixtures.ts';

const SEEDED = 600;

/** Rows of both tables, in an order of keys that depends on the collation. */
export const seed = `
  INSERT INTO moves (id, grp, n) SELECT n, 'g' || n % 5, n * 0.1 FROM generate_series(1, ${SEEDED}) n ON CONFLICT DO NOTHING;
  INSERT INTO tags SELECT name, part, part FROM unnest('{a,B,ä,Z,z,10,9,"a b",É}'::text[]) name, generate_series(1, 40) part
    ON CONFLICT DO NOTHING`;

const id = fc.integer({ min: -20, max: SEEDED + 100 });
const name = fc.constantFrom('a', 'B', 'ä', 'Z', 'z', '10', '9', 'a b', 'É', 'new');
const part = fc.integer({ min: 1, max: 45 });
const tag = fc.tuple(name, part).map(([a, b]) => `('${a}', ${b})`);

/** One write of the legacy app. */
const write = fc.oneof(
  {
    weight: 80,
    arbitrary: fc
      .tuple(id, fc.nat(99))
      .map(([n, value]) => `UPDATE moves SET n = ${value}, grp = 'g${value % 7}', rev = rev + 1 WHERE id = ${n}`),
  },
  {
    weight: 40,
    arbitrary: id.map((n) => `UPDATE moves SET big = repeat('x${n}', 2000), rev = rev + 1 WHERE id = ${n}`),
  },
  {
    weight: 40,
    arbitrary: id.map((n) => `INSERT INTO moves (id, grp, n) VALUES (${n}, 'new', 1) ON CONFLICT DO NOTHING`),
  },
  { weight: 40, arbitrary: id.map((n) => `DELETE FROM moves WHERE id = ${n}`) },
  {
    weight: 80,
    arbitrary: fc
      .tuple(id, id)
      .map(
        ([a, b]) =>
          `UPDATE moves SET id = ${a}, rev = rev + 1 WHERE id = ${b} AND NOT EXISTS (SELECT FROM moves WHERE id = ${a})`,
      ),
  },
  {
    weight: 80,
    arbitrary: fc
      .tuple(tag, fc.nat(99))
      .map(([key, n]) => `UPDATE tags SET weight = ${n}, rev = rev + 1 WHERE (name, part) = ${key}`),
  },
  { weight: 40, arbitrary: tag.map((key) => `DELETE FROM tags WHERE (name, part) = ${key}`) },
  {
    weight: 40,
    arbitrary: tag.map(([...key]) => `INSERT INTO tags VALUES ${key.join('').slice(0, -1)}, 3) ON CONFLICT DO NOTHING`),
  },
  {
    weight: 80,
    arbitrary: fc.tuple(tag, tag).map(
      ([a, b]) =>
        `UPDATE tags SET (name, part) = ROW ${a}, rev = rev + 1 WHERE (name, part) = ${b}
             AND NOT EXISTS (SELECT FROM tags WHERE (name, part) = ${a})`,
    ),
  },
  fc.constantFrom('TRUNCATE tags', 'TRUNCATE moves', 'TRUNCATE moves, tags'),
);

/** Transactions of one or more writes. */
export const history = fc.array(fc.array(write, { minLength: 1, maxLength: 5 }), { minLength: 10, maxLength: 60 });

export async function replay({ legacy }: SyncSetup, transactions: readonly (readonly string[])[]): Promise<void> {
  for (const statements of transactions) {
    await legacy.transaction(async (tx) => {
      for (const statement of statements) await tx.raw(statement);
    });
  }
}
