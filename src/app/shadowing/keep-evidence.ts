import type { Knex } from 'knex';
import type { NormalizedKeep } from '../../config/keep-rules.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { EvidenceRetention, type KeptEvidence } from '../../store/evidence-retention.ts';

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
  /** Features of which no pairs are stored: those of before are removed. Default: none. */
  readonly withoutPairs?: readonly string[] | undefined;
  /** Told of each turn that came to its end. */
  readonly onKept?: ((figures: KeptFigures) => void) | undefined;
  readonly log: Log;
}

/** What one turn removed, by what it was and why, and what is there since. */
export interface KeptFigures {
  readonly removed: Readonly<Record<'too-old' | 'beyond-size' | 'group' | 'pair', number>>;
  /** In the control store, with indexes; of files, so nothing less for what was just removed. */
  readonly bytes: number;
  readonly pairs: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
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
  { store, kept, keep, withoutPairs = [], onKept, log }: EvidenceKeeperOptions,
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
    const pairs = await retention.dropPairs(withoutPairs);
    if (pairs > 0)
      log.info({ pairs, features: withoutPairs }, 'stored pairs were removed, because shadow.pairs is false');
    onKept?.({
      removed: { 'too-old': old, 'beyond-size': beyond, group: groups, pair: pairs },
      ...(await retention.kept()),
      at: Date.now(),
    });
    if (left > keep.bytes) {
      const fields = { megabytes: Math.round(left / 1024 ** 2), limit: Math.round(keep.bytes / 1024 ** 2) };
      log.warn(fields, 'the evidence that is in use takes more than shadow.keep.megabytes');
    }
  });
}
