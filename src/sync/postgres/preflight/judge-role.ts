import type { Finding } from './finding.ts';
import { quoteIdentifier } from './quote-identifier.ts';
import type { RoleFacts } from './role-facts.ts';

/** Pure: what the role lacks, apart from rights on tables. */
export function judgeRole(role: RoleFacts): readonly Finding[] {
  const findings: Finding[] = [];
  const subject = `role ${role.name}`;
  const quoted = quoteIdentifier(role.name);
  if (!role.mayReplicate) {
    findings.push({
      id: 'role-replication',
      severity: 'error',
      subject,
      problem: 'may not replicate',
      remedy: `ALTER ROLE ${quoted} REPLICATION; (RDS: GRANT rds_replication TO ${quoted};)`,
    });
  }
  if (role.readOnly) {
    findings.push({
      id: 'read-only-role',
      severity: 'error',
      subject,
      problem: 'begins every transaction as read only, so publication and slot cannot be made',
      remedy: `ALTER ROLE ${quoted} SET default_transaction_read_only = off; it may be set for the database as well.`,
    });
  }
  for (const name of role.refusedFunctions) {
    findings.push({
      id: 'privilege-function',
      severity: 'error',
      subject,
      problem: `may not call ${name}`,
      remedy: `GRANT EXECUTE ON FUNCTION ${name} TO ${quoted};`,
    });
  }
  return findings;
}
