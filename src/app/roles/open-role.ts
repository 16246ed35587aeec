import { withinTime } from '../../../proxy/within-time.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { findControl, type ProcessRole } from '../../store/process-store.ts';
import { limitedControl, type LimitedControl } from '../cold-control.ts';
import type { FigControl, Readiness } from '../control.ts';
import { type OpenedProcess, openProcess } from '../starting/open-process.ts';
import type { ServiceStack } from '../starting/service-stack.ts';
import type { StartOptions } from '../starting/start-options.ts';

/** What every role begins with. */
export interface Role extends OpenedProcess {
  readonly role: ProcessRole;
}

/** So long a refusal waits for the store to say whom to ask. */
const ASK_MS = 1_000;
const noView = {
  traffic: { requests: 0, inFlight: 0, servedBy: { legacy: 0, candidate: 0 }, fallbacks: {}, routes: [] },
  shadow: undefined,
};

/** Throws FIG_CONFIG_*. What it opens goes on the stack. */
export async function openRole(role: ProcessRole, options: StartOptions, stack: ServiceStack): Promise<Role> {
  return { ...(await openProcess({ ...options, name: `fig ${role}`, storeUrlOf: sharedStoreOf }, stack)), role };
}

function sharedStoreOf({ store }: NormalizedConfig): string {
  if (store !== undefined) return store;
  throw new FigError('FIG_CONFIG_INVALID', 'store: not set, but processes find each other by the control store only', {
    remedy: 'Set FIG_DATABASE_URL, or `store` in the config, to one PostgreSQL for all of them.',
  });
}

/** What can be asked of a process that decides nothing. */
export function roleControl(
  role: Role,
  able: Pick<LimitedControl, 'reload' | 'readiness'> & Partial<LimitedControl>,
): FigControl {
  const { metrics, killSwitch, statusOf } = role;
  return limitedControl(
    {
      status: () => Promise.resolve(statusOf(noView)),
      metrics: () => metrics.text([]),
      killSwitch: (order) => killSwitch.order(order),
      ...able,
    },
    () => refusalOf(role),
  );
}

/** Says whom to ask, as far as that is known. */
async function refusalOf({ role, store, config }: Role): Promise<FigError> {
  const asking = findControl(store, config.name).catch(() => undefined);
  const found = await withinTime(asking, ASK_MS);
  const control = typeof found === 'string' ? `, \`fig control\` answers at ${found}` : '';
  return new FigError('FIG_OTHER_ROLE', `this process is \`fig ${role}\`, which decides nothing${control}`);
}

/** Whether a process without users has begun its work; it turns red before it ends. */
export class WorkReadiness {
  #isDraining = false;
  #isAtWork = false;
  readonly #reason: () => string;

  constructor(reason: () => string) {
    this.#reason = reason;
  }

  begin(): void {
    this.#isAtWork = true;
  }

  end(): void {
    this.#isDraining = true;
  }

  readonly current = (): Readiness => {
    if (this.#isDraining) return { ready: false, state: 'draining', reason: 'it is being stopped' };
    return this.#isAtWork
      ? { ready: true, state: 'serving', reason: this.#reason() }
      : { ready: false, state: 'down', reason: 'the control store has not answered yet' };
  };
}
