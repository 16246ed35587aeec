import type { Knex } from 'knex';
import type { NormalizedKeep } from '../config/keep-rules.ts';
import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { startLoop, type Service } from '../kernel/service.ts';
import { EvidenceRetention, type KeptEvidence } from '../store/evidence-retention.ts';

const EVERY_MS = 3_600_000;
const RETRY_MS = 300_000;
/** Of a feature under its present fingerprint; the report shows 500. */
const MAX_GROUPS = 1_000;
/** Any constant; of all figs on one control store one does this at a time. */
const KEEPER_LOCK = 4_619_201_108;

export interface EvidenceKeeperOptions {
  readonly store: Knex;
  /** What the config declares, all versions: the evidence of these is what gates ask for. */
  readonly kept: readonly KeptEvidence[];
  readonly keep: NormalizedKeep;
  readonly log: Log;
}

/** Removes evidence that no gate will ask for again, every hour. */
export function startEvidenceKeeper(options: EvidenceKeeperOptions): Service {
  return startLoop({
    name: 'evidence keeper',
    maxRestMs: RETRY_MS,
    turn: async (signal) => {
      await keepEvidence(options, signal);
      return EVERY_MS;
    },
    onError: (error, attempt) => {
      options.log.warn({ attempt, error: describeError(error) }, 'old evidence could not be removed; trying again');
    },
  });
}

/** One turn. Does nothing while another fig on the same store is at it. */
export async function keepEvidence(
  { store, kept, keep, log }: EvidenceKeeperOptions,
  signal?: AbortSignal,
): Promise<void> {
  await store.transaction(async (tx) => {
    const { rows } = await tx.raw<{ rows: { is_ours: boolean }[] }>('SELECT pg_try_advisory_xact_lock(?) AS is_ours', [
      KEEPER_LOCK,
    ]);
    if (rows[0]?.is_ours !== true) return;
    const retention = new EvidenceRetention(store, signal);
    const old = await retention.retireOlder(keep.days, kept);
    const groups = await retention.trimGroups(MAX_GROUPS, kept);
    const { retired: beyond, left } = await retention.retireBeyond(keep.bytes, kept);
    const removed = await retention.purge();
    if (removed + groups > 0) {
      log.info({ scopes: removed, tooOld: old, beyondSize: beyond, groups }, 'old evidence was removed');
    }
    if (left > keep.bytes) {
      const fields = { megabytes: Math.round(left / 1024 ** 2), limit: Math.round(keep.bytes / 1024 ** 2) };
      log.warn(fields, 'the evidence that is in use takes more than shadow.keep.megabytes');
    }
  });
}
