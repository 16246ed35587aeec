import type { Knex } from 'knex';
import { appendAudit } from './audit-store.ts';
import { nextRevision } from './phase-store.ts';

/** What the audit names in place of a feature: all of them. */
const everyFeature = '*';

/**
 * Turns the kill switch of all proxies on or off: the row, the audit and the notice in one transaction. False, and
 * nothing is written, when it stands that way already.
 */
export async function setKillSwitch(
  store: Knex,
  order: { readonly on: boolean; readonly who: string; readonly why: string },
): Promise<boolean> {
  const { on, who, why } = order;
  return await store.transaction(async (transaction) => {
    const changed = on
      ? await transaction('fig.kill_switch').insert({ who, why }).onConflict('only_row').ignore().returning('who')
      : await transaction('fig.kill_switch').del().returning('who');
    if (changed.length === 0) return false;
    const revision = await nextRevision(transaction);
    await appendAudit(transaction, {
      feature: everyFeature,
      action: 'kill-switch',
      from: on ? 'as the phases say' : 'legacy (kill switch)',
      to: on ? 'legacy (kill switch)' : 'as the phases say',
      who,
      why: why === '' ? '(not said)' : why,
      gate: undefined,
      evidence: undefined,
      revision,
    });
    return true;
  });
}
