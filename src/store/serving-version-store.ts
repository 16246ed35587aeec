import type { Knex } from 'knex';
import { milestone } from '../kernel/milestones.ts';
import type { Position } from '../kernel/position.ts';
import { appendAudit, type AuditAction, type AuditNote } from './audit-store.ts';
import { nextRevision } from './phase-store.ts';
import { readSetting, writeSetting } from './setting-store.ts';

/** The version of a feature's read model that serves. */
export interface ServingVersion {
  readonly version: number;
  readonly who: string;
  /** Since when. */
  readonly at: Date;
}

export interface VersionSwap {
  readonly feature: string;
  /** Versions, with the names of their projections. */
  readonly from: { readonly version: number; readonly projection: string };
  /** `fingerprint`: whose evidence is the feature's from now on. */
  readonly to: { readonly version: number; readonly projection: string; readonly fingerprint: string };
  /** Revision of the feature's phase that the decision was made on; undefined: it was made on nothing. */
  readonly expectedRevision: number | undefined;
  readonly action: Extract<AuditAction, 'swap-version' | 'force-swap-version' | 'swap-version-back'>;
  readonly who: string;
  readonly why: string;
  readonly gate?: AuditNote['gate'];
  /** Kept in the audit as JSON. */
  readonly evidence?: unknown;
}

export type SwapResult =
  | { readonly kind: 'swapped' }
  /** Somebody else has moved the feature, or given its place to another version. */
  | { readonly kind: 'overtaken' }
  /** The version that is to serve cannot be read. */
  | { readonly kind: 'not-ready' }
  /** It does not stand yet where the one that serves does. */
  | { readonly kind: 'behind'; readonly wanted: Position };

interface StoredProjection {
  readonly name: string;
  readonly state: string;
  readonly position: string;
}

/** Undefined: nothing is known, so there was never a choice. */
export async function readServingVersion(db: Knex, feature: string): Promise<ServingVersion | undefined> {
  return db<ServingVersion & { feature: string }>('fig.serving_version')
    .where({ feature })
    .first('version', 'who', 'at');
}

/** Whose evidence counts for the feature: the fingerprint of the version that serves. */
export function readServingFingerprint(db: Knex, feature: string): Promise<string | undefined> {
  return readSetting(db, `fingerprint ${feature}`);
}

/**
 * Says at a start which version serves, and whose evidence counts. Undefined: the feature's read model has no versions that
 * could take turns.
 */
export function settleServingVersion(
  store: Knex,
  settled: {
    readonly feature: string;
    readonly version: number | undefined;
    readonly fingerprint: string;
    readonly who: string;
  },
): Promise<void> {
  const { feature, version, fingerprint, who } = settled;
  return store.transaction(async (tx) => {
    const known = await readServingVersion(tx, feature);
    await writeSetting(tx, `fingerprint ${feature}`, fingerprint);
    if (known?.version === version) return;
    await tx('fig.serving_version').where({ feature }).delete();
    if (version !== undefined) await tx('fig.serving_version').insert({ feature, version, who });
    await nextRevision(tx);
  });
}

/**
 * Lets another version serve: pointer, ownership of the evidence, audit and the notice to all proxies in one transaction, in
 * which neither version moves on.
 */
export async function swapServingVersion(store: Knex, swap: VersionSwap): Promise<SwapResult> {
  milestone('read-models:swap-begun');
  const result = await store.transaction((tx) => swapIn(tx, swap));
  if (result.kind === 'swapped') milestone('read-models:swap-committed');
  return result;
}

async function swapIn(tx: Knex.Transaction, swap: VersionSwap): Promise<SwapResult> {
  const { feature, from, to, expectedRevision, who, why, action, gate, evidence } = swap;
  const phase = await tx('fig.feature_phase').where({ feature }).forUpdate().first('revision');
  if (expectedRevision !== undefined && Number(phase?.revision) !== expectedRevision) return { kind: 'overtaken' };
  const serving = await tx('fig.serving_version').where({ feature }).forUpdate().first('version');
  if (serving?.version !== from.version) return { kind: 'overtaken' };
  // The way back is open at once, wherever that version stands: a read waits for its fence, or goes to legacy.
  if (action !== 'swap-version-back') {
    const unfit = await whyUnfit(tx, from.projection, to.projection);
    if (unfit) return unfit;
  }
  await tx('fig.serving_version')
    .where({ feature })
    .update({ version: to.version, who, at: tx.raw('clock_timestamp()') });
  await writeSetting(tx, `fingerprint ${feature}`, to.fingerprint);
  const revision = await nextRevision(tx);
  await appendAudit(tx, {
    feature,
    action,
    from: from.projection,
    to: to.projection,
    who,
    why,
    gate,
    evidence,
    revision,
  });
  return { kind: 'swapped' };
}

/** Holds both where they are until the transaction ends. */
async function whyUnfit(tx: Knex.Transaction, from: string, to: string): Promise<SwapResult | undefined> {
  const rows: StoredProjection[] = await tx('fig.projection')
    .whereIn('name', [from, to])
    .orderBy('name')
    .forShare()
    .select('name', 'state', tx.raw('position::text AS position'));
  const [before, after] = [from, to].map((wanted) => rows.find(({ name }) => name === wanted));
  if (after?.state !== 'ready') return { kind: 'not-ready' };
  // One that cannot be read shows nobody anything that the other would have to have.
  if (before?.state !== 'ready' || BigInt(after.position) >= BigInt(before.position)) return undefined;
  return { kind: 'behind', wanted: BigInt(before.position) };
}
