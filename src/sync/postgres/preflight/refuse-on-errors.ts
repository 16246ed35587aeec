import { FigError } from '../../../kernel/fig-error.ts';
import type { Finding } from './finding.ts';

/** Throws FIG_PREFLIGHT_REFUSED with every error found, if there is one. */
export function refuseOnErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const lines = errors.map(({ subject, problem, remedy }) => `  ${subject}: ${problem}\n    ${remedy}`);
  throw new FigError('FIG_PREFLIGHT_REFUSED', `capture from the legacy database was not started:\n${lines.join('\n')}`);
}
