import type { Knex } from 'knex';
import { appendAudit } from './audit-store.ts';
import { nextRevision } from './phase-store.ts';

/** A route whose reads were seen to write to legacy. */
export interface QuarantinedRoute {
  readonly feature: string;
  readonly route: string;
  /** Tables of legacy that it writes to, with their schema. */
  readonly tables: readonly string[];
  /** Pairs of spans that were looked at. */
  readonly pairs: number;
  readonly at: Date;
}

const columns = ['feature', 'route', 'tables', 'pairs', 'at'] as const;

/** Those that are in force, by feature and route; of one feature when one is named. */
export async function listQuarantined(store: Knex, feature?: string): Promise<readonly QuarantinedRoute[]> {
  const query = store<QuarantinedRoute & { lifted_at: Date | null }>('fig.quarantine')
    .whereNull('lifted_at')
    .orderBy(['feature', 'route'])
    .select(...columns);
  return feature === undefined ? query : query.where({ feature });
}

/**
 * Puts a route into quarantine: the row, the audit and the notice to all proxies in one transaction. False, and nothing is
 * written, when it is there already, or was and somebody lifted it.
 */
export function quarantineRoute(
  store: Knex,
  found: Pick<QuarantinedRoute, 'feature' | 'route' | 'tables' | 'pairs'>,
  who: string,
): Promise<boolean> {
  const { feature, route, tables, pairs } = found;
  return store.transaction(async (tx) => {
    const { rows } = await tx.raw<{ rows: unknown[] }>(
      `INSERT INTO fig.quarantine (feature, route, tables, pairs) VALUES (?, ?, ?, ?)
       ON CONFLICT (feature, route) DO NOTHING RETURNING route`,
      [feature, route, [...tables], pairs],
    );
    if (rows.length === 0) return false;
    await note(tx, feature, 'quarantine', { who, why: `${route} writes to legacy: ${tables.join(', ')}`, route });
    return true;
  });
}

/** Lets the reads of a route be compared again, for good. False: it is not in quarantine. */
export function liftQuarantine(
  store: Knex,
  order: { readonly feature: string; readonly route: string; readonly who: string; readonly why: string },
): Promise<boolean> {
  const { feature, route, who, why } = order;
  return store.transaction(async (tx) => {
    const lifted = await tx('fig.quarantine')
      .where({ feature, route })
      .whereNull('lifted_at')
      .update({ lifted_at: tx.raw('clock_timestamp()'), lifted_by: who, lifted_why: why });
    if (lifted === 0) return false;
    await note(tx, feature, 'lift-quarantine', { who, why, route });
    return true;
  });
}

async function note(
  tx: Knex.Transaction,
  feature: string,
  action: 'quarantine' | 'lift-quarantine',
  { who, why, route }: { readonly who: string; readonly why: string; readonly route: string },
): Promise<void> {
  const revision = await nextRevision(tx);
  const [from, to] = action === 'quarantine' ? ['compared', 'not compared'] : ['not compared', 'compared'];
  await appendAudit(tx, {
    feature,
    action,
    from,
    to,
    who,
    why,
    gate: undefined,
    evidence: { route },
    revision,
  });
}
