import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';

/** No log is kept any longer for a read model (`order_summary_v1`), and so it has to be copied again. */
export function tellGivenUp(log: Log, readModel: string, why: string): void {
  const error = new FigError('FIG_READ_MODEL_GIVEN_UP', `no log is kept any longer for ${readModel}: ${why}`);
  log.warn({ readModel, code: error.code, error: error.message }, 'the read model will be copied again');
}
