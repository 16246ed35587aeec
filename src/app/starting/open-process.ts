import type { Knex } from 'knex';
import { loadConfig } from '../../config/load-config.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { createMetrics, type Metrics } from '../../observe/metrics.ts';
import { openStore } from '../../store/control-store.ts';
import { setKillSwitch } from '../../store/kill-switch-store.ts';
import { checkConfig } from '../preflight/check-config.ts';
import { standIn } from '../cold-control.ts';
import type { FigControl, StatusReport } from '../control.ts';
import type { Insistence } from './insist.ts';
import { LocalKillSwitch } from '../kill-switch/kill-switch.ts';
import { LiveConfig } from './live-config.ts';
import { RoutingState } from '../serving/routing-state.ts';
import type { ServiceStack } from './service-stack.ts';
import type { StartOptions } from './start-options.ts';

/** What every process of a migration begins with: config, control store, kill switch and an admin server. */
export interface OpenedProcess {
  readonly config: NormalizedConfig;
  readonly live: LiveConfig;
  readonly storeUrl: string;
  readonly store: Knex;
  /** For what its start needs of the store. */
  readonly insistence: Insistence;
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

export interface OpenProcessOptions extends StartOptions {
  /** What the control store sees it as. */
  readonly name: string;
  /** Where the control store is. May throw FIG_CONFIG_INVALID. */
  readonly storeUrlOf: (config: NormalizedConfig) => string | Promise<string>;
}

/** Throws FIG_CONFIG_*. What it opens goes on the stack. */
export async function openProcess(options: OpenProcessOptions, stack: ServiceStack): Promise<OpenedProcess> {
  const { configFile, version, signal, log, folder = process.cwd() } = options;
  const config = await loadConfig(configFile);
  checkConfig(config, configFile);
  const storeUrl = await options.storeUrlOf(config);
  const store = openStore(storeUrl, { applicationName: options.name });
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
    config,
    live: new LiveConfig(configFile, config),
    storeUrl,
    store,
    insistence: { store, signal, log },
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
