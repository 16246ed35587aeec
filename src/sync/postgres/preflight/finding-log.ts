import type { Log } from '../../../kernel/log.ts';
import type { Finding } from './finding.ts';

/** Logs each warning once, however often sessions begin again. Errors are the refusal's business. */
export class FindingLog {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  tell(findings: readonly Finding[]): void {
    for (const { id, severity, subject, problem, remedy } of findings) {
      const key = `${id} ${subject}`;
      if (severity !== 'warning' || this.#told.has(key)) continue;
      this.#told.add(key);
      this.#log.warn({ finding: id, subject, remedy }, `preflight: ${subject}: ${problem}`);
    }
  }
}
