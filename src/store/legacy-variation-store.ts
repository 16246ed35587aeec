import type { Knex } from 'knex';
import type { SandwichTally, VariationCounts, VariationKind, VariationTally } from '../kernel/legacy-variation.ts';
import { compareTexts, storable } from './evidence-item.ts';

/** A place at which legacy's answers vary by themselves. */
export interface StoredVariation {
  readonly route: string;
  readonly path: string;
  readonly kind: VariationKind;
  /** How often it varied, in how many of these the candidate shows that the data did not, and how often it was looked at. */
  readonly varied: number;
  readonly witnessed: number;
  readonly asked: number;
  /** Two values, shortened and redacted; undefined: there was none. */
  readonly first: string | undefined;
  readonly second: string | undefined;
  readonly lastSeen: string;
}

const MAX_TEXT = 500;
const MAX_LISTED = 200;

/** Adds up where legacy varies by itself, over all processes that compare. */
export class LegacyVariationStore {
  readonly #store: Knex;

  constructor(store: Knex) {
    this.#store = store;
  }

  /** In one transaction. Rejects when the store does; nothing of the counts is then written. */
  async add({ sandwiches, variations }: VariationCounts): Promise<void> {
    if (sandwiches.length === 0) return;
    await this.#store.transaction(async (tx) => {
      // In a fixed order, so that two writers never wait for each other in a circle.
      for (const tally of sandwiches.toSorted(byName)) await addSandwich(tx, tally);
      for (const tally of variations.toSorted(byName)) await addVariation(tx, tally);
    });
  }

  /** What varied most often first. */
  async list(feature: string, fingerprint: string): Promise<readonly StoredVariation[]> {
    const { rows } = await this.#store.raw<{ rows: VariationRow[] }>(
      `SELECT v.route, v.path, v.kind, v.varied, v.witnessed, s.asked, v.first, v.second, v.last_seen
       FROM fig.legacy_variation v JOIN fig.legacy_sandwich s USING (feature, fingerprint, route)
       WHERE v.feature = ? AND v.fingerprint = ? ORDER BY v.varied DESC, v.route, v.path, v.kind LIMIT ?`,
      [feature, fingerprint, MAX_LISTED],
    );
    return rows.map((row) => ({
      route: row.route,
      path: row.path,
      kind: row.kind,
      varied: Number(row.varied),
      witnessed: Number(row.witnessed),
      asked: Number(row.asked),
      first: row.first ?? undefined,
      second: row.second ?? undefined,
      lastSeen: row.last_seen.toISOString(),
    }));
  }
}

interface VariationRow {
  readonly route: string;
  readonly path: string;
  readonly kind: VariationKind;
  readonly varied: string;
  readonly witnessed: string;
  readonly asked: string;
  readonly first: string | null;
  readonly second: string | null;
  readonly last_seen: Date;
}

async function addSandwich(tx: Knex.Transaction, { feature, fingerprint, route, asked }: SandwichTally): Promise<void> {
  await tx.raw(
    `INSERT INTO fig.legacy_sandwich AS s (feature, fingerprint, route, asked) VALUES (?, ?, ?, ?)
     ON CONFLICT (feature, fingerprint, route) DO UPDATE SET asked = s.asked + excluded.asked`,
    [feature, fingerprint, storable(route, MAX_TEXT), asked],
  );
}

async function addVariation(tx: Knex.Transaction, tally: VariationTally): Promise<void> {
  const { feature, fingerprint, route, path, kind, varied, witnessed, first, second } = tally;
  await tx.raw(
    `INSERT INTO fig.legacy_variation AS v
       (feature, fingerprint, route, path, kind, varied, witnessed, first, second, last_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, now())
     ON CONFLICT (feature, fingerprint, route, path, kind) DO UPDATE SET varied = v.varied + excluded.varied,
       witnessed = v.witnessed + excluded.witnessed, first = excluded.first, second = excluded.second, last_seen = now()`,
    [
      feature,
      fingerprint,
      storable(route, MAX_TEXT),
      storable(path, MAX_TEXT),
      kind,
      varied,
      witnessed,
      shown(first),
      shown(second),
    ],
  );
}

function shown(value: string | undefined): string | null {
  return value === undefined ? null : storable(value, MAX_TEXT);
}

function byName(a: SandwichTally | VariationTally, b: SandwichTally | VariationTally): number {
  return compareTexts(nameOf(a), nameOf(b));
}

function nameOf(tally: SandwichTally | VariationTally): string {
  const { feature, fingerprint, route } = tally;
  return JSON.stringify([feature, fingerprint, route, ...('path' in tally ? [tally.path, tally.kind] : [])]);
}
