import type { Knex } from 'knex';
import { matchesSampled, mismatchesSampled, type EvidenceFacts, type Facts } from '../kernel/facts.ts';
import { storable } from './evidence-item.ts';

/** Facts that a batch brings of distinct evidence. */
export interface SeenFacts {
  readonly key: Uint8Array;
  readonly facts: EvidenceFacts;
}

const MAX_PATH = 500;
const MAX_TEXT = 2_000;

/**
 * Adds facts to the samples of a scope and of its groups, which are written before, and keeps these samples to their size. To
 * be called while the scope's row is locked, which keeps two writers of one scope apart.
 */
export async function writeFacts(tx: Knex.Transaction, scopeId: string, seen: readonly SeenFacts[]): Promise<void> {
  await writeMatches(tx, scopeId, seen);
  await writeMismatches(tx, scopeId, seen);
}

async function writeMatches(tx: Knex.Transaction, scopeId: string, seen: readonly SeenFacts[]): Promise<void> {
  const rows = seen.flatMap(({ key, facts: { match } }) => (match ? [{ key, facts: textOf(match) }] : []));
  if (rows.length === 0) return;
  await tx.raw(
    `INSERT INTO fig.match_facts (scope_id, key, facts)
     SELECT ?, t.key, t.facts FROM unnest(?::bytea[], ?::text[]) AS t (key, facts) ON CONFLICT DO NOTHING`,
    [scopeId, rows.map(({ key }) => Buffer.from(key)), rows.map(({ facts }) => facts)],
  );
  await tx.raw(
    `DELETE FROM fig.match_facts WHERE scope_id = ? AND key >=
       (SELECT key FROM fig.match_facts WHERE scope_id = ? ORDER BY key OFFSET ? LIMIT 1)`,
    [scopeId, scopeId, matchesSampled],
  );
}

async function writeMismatches(tx: Knex.Transaction, scopeId: string, seen: readonly SeenFacts[]): Promise<void> {
  const rows = seen.flatMap(({ key, facts: { groups = [] } }) => groups.map((group) => ({ ...group, key })));
  if (rows.length === 0) return;
  // The driver takes null in a list; the types of its wrapper do not know.
  const column = (of: (row: (typeof rows)[number]) => string | null): string[] => rows.map(of) as string[];
  const { rows: added } = await tx.raw<{ rows: { group_id: string }[] }>(
    `INSERT INTO fig.mismatch_facts (group_id, key, differs, beside, legacy, candidate)
     SELECT g.id, t.key, t.differs, t.beside, t.legacy, t.candidate
     FROM unnest(?::bytea[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
       AS t (key, path, kind, differs, beside, legacy, candidate)
     JOIN fig.difference_group g ON g.scope_id = ? AND g.path = t.path AND g.kind = t.kind
     ON CONFLICT DO NOTHING RETURNING group_id::text`,
    [
      rows.map(({ key }) => Buffer.from(key)),
      column(({ path }) => storable(path, MAX_PATH)),
      column(({ kind }) => kind),
      column(({ differs }) => textOf(differs)),
      column(({ beside }) => (beside === undefined ? null : textOf(beside))),
      column(({ legacy }) => (legacy === undefined ? null : storable(legacy, MAX_TEXT))),
      column(({ candidate }) => (candidate === undefined ? null : storable(candidate, MAX_TEXT))),
      scopeId,
    ],
  );
  await trimMismatches(tx, [...new Set(added.map(({ group_id: id }) => id))]);
}

async function trimMismatches(tx: Knex.Transaction, groupIds: readonly string[]): Promise<void> {
  if (groupIds.length === 0) return;
  await tx.raw(
    `DELETE FROM fig.mismatch_facts f
     USING unnest(?::bigint[]) AS g (id), LATERAL (
       SELECT key FROM fig.mismatch_facts WHERE group_id = g.id ORDER BY key OFFSET ? LIMIT 1
     ) AS beyond
     WHERE f.group_id = g.id AND f.key >= beyond.key`,
    [[...groupIds], mismatchesSampled],
  );
}

/** JSON escapes what is no valid Unicode, so every text is one that PostgreSQL takes. */
function textOf(facts: Facts): string {
  return JSON.stringify(facts);
}
