import type { Knex } from 'knex';
import { compareTexts } from './evidence-item.ts';
import type { HiddenTally } from './rule-hits.ts';

/** What the rules hid in the answers of one route, in one step. */
export interface RouteHidden {
  readonly route: string;
  /** Compared answers of which it is known what was hidden in them, and those of which it is not. */
  readonly known: number;
  readonly unknown: number;
  /** By the rule's id. Rules that never hid anything are not in it. */
  readonly rules: ReadonlyMap<string, { readonly answers: number; readonly lastSeen: Date }>;
}

export async function writeHidden(tx: Knex.Transaction, scopeId: string, tally: HiddenTally): Promise<void> {
  const { known, unknown } = tally;
  if (known + unknown === 0) return;
  await tx.raw(
    `INSERT INTO fig.evidence_hidden AS h (scope_id, known, unknown) VALUES (?, ?, ?)
     ON CONFLICT (scope_id) DO UPDATE SET known = h.known + excluded.known, unknown = h.unknown + excluded.unknown`,
    [scopeId, known, unknown],
  );
  if (tally.rules.size === 0) return;
  // In one order for all writers, so that no two wait for each other in a circle.
  const rows = [...tally.rules].toSorted(([a], [b]) => compareTexts(a, b));
  await tx.raw(
    `INSERT INTO fig.evidence_rule_hit AS r (scope_id, rule, answers, last_seen)
     SELECT ?, t.rule, t.answers, to_timestamp(t.seen / 1000.0)
     FROM unnest(?::text[], ?::bigint[], ?::double precision[]) AS t (rule, answers, seen)
     ON CONFLICT (scope_id, rule) DO UPDATE
       SET answers = r.answers + excluded.answers, last_seen = greatest(r.last_seen, excluded.last_seen)`,
    [scopeId, rows.map(([id]) => id), rows.map(([, { answers }]) => answers), rows.map(([, { lastSeen }]) => lastSeen)],
  );
}

/** Routes of which no answer was compared are left out. */
export async function readHidden(
  store: Knex,
  feature: string,
  fingerprint: string,
  step: string,
): Promise<readonly RouteHidden[]> {
  const { rows } = await store.raw<{
    rows: {
      route: string;
      known: string;
      unknown: string;
      rule: string | null;
      answers: string | null;
      last_seen: Date | null;
    }[];
  }>(
    `SELECT s.route, h.known, h.unknown, r.rule, r.answers, r.last_seen
     FROM fig.evidence_scope s JOIN fig.evidence_hidden h ON h.scope_id = s.id
     LEFT JOIN fig.evidence_rule_hit r ON r.scope_id = s.id
     WHERE s.feature = ? AND s.fingerprint = ? AND s.step = ? ORDER BY s.route, r.rule`,
    [feature, fingerprint, step],
  );
  const routes = new Map<string, RouteHidden & { rules: Map<string, { answers: number; lastSeen: Date }> }>();
  for (const { route, known, unknown, rule, answers, last_seen: lastSeen } of rows) {
    let hidden = routes.get(route);
    if (!hidden) {
      hidden = { route, known: Number(known), unknown: Number(unknown), rules: new Map() };
      routes.set(route, hidden);
    }
    if (rule !== null && lastSeen !== null) hidden.rules.set(rule, { answers: Number(answers), lastSeen });
  }
  return [...routes.values()];
}
