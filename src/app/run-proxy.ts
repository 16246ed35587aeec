import type { LegacyTlsSource } from '../config/connect-legacy.ts';
import type { ListenTls } from '../config/edge-definition.ts';
import { defaultLimits, type ProxyLimits } from '../config/limits.ts';
import type { Log } from '../kernel/log.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { createTrafficObserver } from '../observe/traffic.ts';
import { FigError } from '../kernel/fig-error.ts';
import type { FigControl } from './control.ts';
import { startObservingProxy } from './serving/observing-proxy.ts';
import { localProxySide, type ProxySide } from './serving/proxy-side.ts';
import { drainThenStop } from './serving/drain-then-stop.ts';
import { watchTraffic } from './serving/feed-metrics.ts';
import { LocalKillSwitch } from './kill-switch/kill-switch.ts';
import { RoutingState } from './serving/routing-state.ts';
import { reloadOnHangup } from './starting/reload-on-hangup.ts';
import type { RunningFig, StartAdmin } from './starting/running-fig.ts';
import { ServiceStack } from './starting/service-stack.ts';
import type { ObserverJob } from './workers/protocol.ts';
import { startProxyWorkers } from './workers/worker-pool.ts';

export interface RunProxyOptions {
  readonly legacy: URL;
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly tls?: ListenTls | undefined;
  readonly legacyTls?: LegacyTlsSource | undefined;
  readonly version: string;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
  /** Processes that share the port, each on a core of its own. Default 1: in this process. */
  readonly workers?: number | undefined;
  readonly limits?: ProxyLimits | undefined;
  /** Milliseconds, see `listen.drainDelayMs` and `listen.stopGraceMs` of the config. */
  readonly drainDelayMs?: number | undefined;
  readonly stopGraceMs?: number | undefined;
}

/** A transparent proxy that only observes: the first step of every migration. Needs no config and no database. */
export async function runProxy(options: RunProxyOptions): Promise<RunningFig> {
  const { legacy, version, log } = options;
  const stack = new ServiceStack(log);
  const metrics = createMetrics();
  try {
    const killSwitch = new LocalKillSwitch({
      folder: process.cwd(),
      routing: new RoutingState(),
      broadcast: undefined,
      log,
    });
    stack.add('kill switch', () => killSwitch.stop());
    const side = await startSide(options, metrics);
    stack.add('proxy', () => side.stop());
    stack.add(
      'certificates',
      reloadOnHangup(() => side.reloadCertificates()),
    );
    const startedAt = new Date().toISOString();
    const addresses = { proxy: side.url, legacy: legacy.origin, admin: '' };
    const control: FigControl = {
      status: async () => ({
        name: 'observe',
        version,
        startedAt,
        mode: 'observe',
        addresses,
        killSwitch: killSwitch.report(),
        capture: undefined,
        features: [],
        ...(await side.view()),
      }),
      report: refuse,
      promote: refuse,
      rollback: refuse,
      reconcile: refuse,
      verifyModel: refuse,
      // Without a read model there is nothing that could not be built.
      deadLetters: () => ({
        list: () => Promise.resolve({ letters: [] }),
        find: refuseLetter,
        retry: () => Promise.resolve({ ids: [] }),
        discard: refuseLetter,
      }),
      readModels: () => ({
        list: () => Promise.resolve({ readModels: [] }),
        swap: refuse,
        back: refuse,
        drop: refuse,
      }),
      quarantine: () => ({
        list: () => Promise.resolve({ routes: [] }),
        lift: ({ feature }) => refuse(feature),
      }),
      tail: refuseTail,
      metrics: async () => metrics.text(await side.otherMetrics()),
      reload: refuseReload,
      killSwitch: (order) => killSwitch.order(order),
      readiness: () => side.readiness(),
    };
    const admin = await options.startAdmin(control, options.adminPort);
    addresses.admin = admin.url;
    stack.add('admin', () => admin.stop());
    return { control, addresses, stop: () => drainThenStop(side, stack) };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function startSide(options: RunProxyOptions, metrics: Metrics): Promise<ProxySide> {
  const { legacy, host, port, tls, legacyTls, log, workers = 1, limits = defaultLimits } = options;
  const { drainDelayMs = 0, stopGraceMs = 5_000 } = options;
  const job: ObserverJob = {
    kind: 'observe',
    legacy: legacy.href,
    host,
    port,
    tls,
    legacyTls,
    limits,
    drainDelayMs,
    stopGraceMs,
  };
  if (workers > 1) return startProxyWorkers(job, workers, log);
  const traffic = createTrafficObserver();
  const proxy = await startObservingProxy(job, watchTraffic(traffic, metrics), log);
  return localProxySide(proxy, traffic, metrics, () => undefined);
}

function refuseReload(): Promise<never> {
  const remedy = 'Start it again with other options.';
  return Promise.reject(new FigError('FIG_RELOAD_REFUSED', 'this proxy was started without a config file', { remedy }));
}

function refuseTail(): Promise<never> {
  return Promise.reject(new FigError('FIG_OTHER_ROLE', 'this proxy only observes, so no changes come by it'));
}

function refuse(feature: string): Promise<never> {
  return Promise.reject(
    new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${JSON.stringify(feature)}: this proxy only observes`, {
      remedy: 'Write a config with a feature and run `fig up --config fig.config.ts`.',
    }),
  );
}

function refuseLetter(id: number): Promise<never> {
  return Promise.reject(
    new FigError('FIG_UNKNOWN_DEAD_LETTER', `there is no dead letter ${id}: this proxy only observes`),
  );
}
