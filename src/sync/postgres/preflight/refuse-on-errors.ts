import { FigError } from '../../../kernel/fig-error.ts';
import type { Finding, FindingId } from './finding.ts';

/** What is over as soon as somebody else is done: a failover, a backup that takes the last sender. */
const passing: readonly FindingId[] = ['standby', 'max-wal-senders'];

/**
 * Throws with every error found, if there is one: FIG_PREFLIGHT_REFUSED, or FIG_CAPTURE_WAITS when all of them may pass by
 * themselves.
 */
export function refuseOnErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const code = errors.every(({ id }) => passing.includes(id)) ? 'FIG_CAPTURE_WAITS' : 'FIG_PREFLIGHT_REFUSED';
  throw new FigError(code, `capture from the legacy database was not started:\n${describeFindings(errors)}`);
}

/** Each with what to do about it. */
export function describeFindings(findings: readonly Finding[]): string {
  return findings.map(({ subject, problem, remedy }) => `  ${subject}: ${problem}\n    ${remedy}`).join('\n');
}
