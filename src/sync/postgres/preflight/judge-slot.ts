import type { Finding } from './finding.ts';
import type { SlotFacts } from './slot-facts.ts';

/** Pure: whether the slot that has our name is ours. */
export function judgeSlot(slot: SlotFacts | undefined, database: string): readonly Finding[] {
  if (!slot) return [];
  const subject = `slot ${slot.name}`;
  if (slot.type !== 'logical' || slot.plugin !== 'pgoutput' || slot.database !== database) {
    const what = slot.type === 'logical' ? `${slot.plugin} in the database ${slot.database}` : `a ${slot.type} slot`;
    return [
      {
        id: 'slot-foreign',
        severity: 'error',
        subject,
        problem: `belongs to another program (${what})`,
        remedy: `Give the migration another name, or drop the slot if nobody uses it: SELECT pg_drop_replication_slot('${slot.name}');`,
      },
    ];
  }
  if (slot.isLost) {
    return [
      {
        id: 'slot-lost',
        severity: 'warning',
        subject,
        problem: 'was lost: the server has discarded log that fig had not read',
        remedy: 'Nothing to do: a new one is made and the read models are built again.',
      },
    ];
  }
  if (slot.activePid === null) return [];
  return [
    {
      id: 'slot-active',
      severity: 'info',
      subject,
      problem: `is in use (pid ${slot.activePid})`,
      remedy:
        'A fig that runs uses it; two cannot. If none does, find out who: SELECT pid, client_addr FROM pg_stat_replication;',
    },
  ];
}
