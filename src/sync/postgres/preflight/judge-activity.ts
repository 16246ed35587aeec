import type { ActivityFacts } from './activity-facts.ts';
import type { Finding } from './finding.ts';

/** Younger ones end by themselves while somebody reads about them. */
const WORTH_TELLING_MS = 1_000;
/** The time that making a slot may wait. */
const TOO_LONG_MS = 30_000;

/** Pure: what making the slot would wait for. Nothing when there is a slot already. */
export function judgeActivity({ open, prepared }: ActivityFacts, hasSlot: boolean): readonly Finding[] {
  if (hasSlot) return [];
  const findings: Finding[] = [];
  for (const { pid, user, ageMs } of open) {
    if (ageMs !== undefined && ageMs < WORTH_TELLING_MS) continue;
    const age = ageMs === undefined ? 'for a time that this role may not see' : `for ${seconds(ageMs)}`;
    findings.push({
      id: 'long-transaction',
      severity: ageMs !== undefined && ageMs >= TOO_LONG_MS ? 'warning' : 'info',
      subject: `pid ${pid}`,
      problem: `has had a transaction of ${user} open ${age}; making the slot waits for its end, 30 s at most`,
      remedy: `Wait for it, or end it: SELECT pg_terminate_backend(${pid});`,
    });
  }
  for (const { gid, database, ageMs } of prepared) {
    findings.push({
      id: 'prepared-transaction',
      severity: 'warning',
      subject: `prepared transaction ${gid}`,
      problem: `has been prepared in ${database} for ${seconds(ageMs)}; making the slot waits for its end, 30 s at most`,
      remedy: `In ${database}: COMMIT PREPARED '${gid.replaceAll("'", "''")}'; or ROLLBACK PREPARED, as its owner says.`,
    });
  }
  return findings;
}

function seconds(milliseconds: number): string {
  return `${Math.floor(milliseconds / 1_000)} s`;
}
