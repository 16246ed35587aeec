import type { Knex } from 'knex';
import { withinTime } from '../../../proxy/within-time.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { createMetrics, type Metrics } from '../../observe/metrics.ts';
import { openStore } from '../../store/control-store.ts';
import { setKillSwitch } from '../../store/kill-switch-store.ts';
import { findControl, type ProcessRole } from '../../store/process-store.ts';
import { checkConfig } from '../check-config.ts';
import { limitedControl, standIn, type LimitedControl } from '../cold-control.ts';
import type { FigControl, Readiness, StatusReport } from '../control.ts';
import { LocalKillSwitch } from '../kill-switch.ts';
import { LiveConfig } from '../live-config.ts';
import { RoutingState } from '../routing-state.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { RoleOptions } from './role-options.ts';

/** What every role begins with: config, control store, kill switch and an admin server. */
export interface Role {
  readonly role: ProcessRole;
  readonly config: NormalizedConfig;
  readonly live: LiveConfig;
  readonly storeUrl: string;
  readonly store: Knex;
  readonly metrics: Metrics;
  readonly routing: RoutingState;
  readonly killSwitch: LocalKillSwitch;
  readonly startedAt: string;
  readonly addresses: { readonly proxy: string; readonly legacy: string; readonly admin: string };
  /** From now on users are served there. */
  readonly servesAt: (url: string) => void;
  readonly folder: string;
  /** Lets this control answer from now on; the first one starts the admin server. */
  readonly administer: (control: FigControl) => Promise<void>;
  /** What a status says of every process; `view` as well, where there is a proxy. */
  readonly statusOf: (view: Pick<StatusReport, 'traffic' | 'shadow'>) => StatusReport;
}

/** So long a refusal waits for the store to say whom to ask. */
const ASK_MS = 1_000;
const noView = {
  traffic: { requests: 0, inFlight: 0, servedBy: { legacy: 0, candidate: 0 }, fallbacks: {}, routes: [] },
  shadow: undefined,
};

/** Throws FIG_CONFIG_*. What it opens goes on the stack. */
export async function openRole(role: ProcessRole, options: RoleOptions, stack: ServiceStack): Promise<Role> {
  const { configFile, version, log, folder = process.cwd() } = options;
  const config = await loadConfig(configFile);
  checkConfig(config, configFile);
  const storeUrl = config.store;
  if (storeUrl === undefined) {
    throw new FigError(
      'FIG_CONFIG_INVALID',
      'store: not set, but processes find each other by the control store only',
      {
        remedy: 'Set FIG_DATABASE_URL, or `store` in the config, to one PostgreSQL for all of them.',
      },
    );
  }
  const store = openStore(storeUrl, { applicationName: `fig ${role}` });
  stack.add('control store', () => store.destroy());
  const routing = new RoutingState();
  const killSwitch = new LocalKillSwitch({
    folder,
    routing,
    broadcast: ({ on, who, why = '' }) => setKillSwitch(store, { on, who, why }),
    log,
  });
  stack.add('kill switch', () => killSwitch.stop());
  // Before the first request: a proxy that starts while the switch is on must not serve a single read from a candidate.
  await killSwitch.look();

  const addresses = { proxy: '', legacy: config.legacy.url.origin, admin: '' };
  const startedAt = new Date().toISOString();
  let inOffice: FigControl | undefined;
  return {
    role,
    config,
    live: new LiveConfig(configFile, config),
    storeUrl,
    store,
    metrics: createMetrics(),
    routing,
    killSwitch,
    startedAt,
    addresses,
    folder,
    servesAt: (url) => {
      addresses.proxy = url;
    },
    administer: async (control) => {
      const isOpen = inOffice !== undefined;
      inOffice = control;
      if (isOpen) return;
      const admin = await options.startAdmin(
        standIn(() => inOffice ?? control),
        options.adminPort ?? config.admin.port,
      );
      addresses.admin = admin.url;
      stack.add('admin', () => admin.stop());
    },
    statusOf: (view) => ({
      name: config.name,
      version,
      startedAt,
      mode: 'migration',
      addresses,
      killSwitch: killSwitch.report(),
      capture: undefined,
      features: [],
      ...view,
    }),
  };
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
