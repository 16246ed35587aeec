import { type Proxy, startProxy } from '../../proxy/create-proxy.ts';
import { type ShadowFeed, startShadowFeed } from '../../shadow/shadow-feed.ts';
import { compilePathRules } from '../../shadow/path-rules.ts';
import { createSharedPositions } from '../../shadow/shared-position.ts';
import { loadConfig } from '../config/load-config.ts';
import type { NormalizedConfig, NormalizedFeature } from '../config/normalized-config.ts';
import { CutoverController } from '../cutover/controller.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { createTrafficObserver } from '../observe/traffic.ts';
import { migrateStore, openStore } from '../store/control-store.ts';
import { startPhaseWatch } from '../store/phase-notifications.ts';
import { createPhaseStore } from '../store/phase-store.ts';
import { sharedSecret } from '../store/setting-store.ts';
import { Capture } from '../sync/capture.ts';
import { openTarget } from '../sync/open-target.ts';
import { withinLag } from './bounded-position.ts';
import { createCandidates } from './candidates.ts';
import { watchTraffic } from './feed-metrics.ts';
import { LiveConfig } from './live-config.ts';
import { MigrationControl } from './migration-control.ts';
import { cutoverPorts } from './cutover-ports.ts';
import { drainThenStop } from './drain-then-stop.ts';
import { storeUrlOf } from './open-databases.ts';
import { localProxySide } from './proxy-side.ts';
import { whenReady } from './ready-sink.ts';
import { reloadOnHangup } from './reload-on-hangup.ts';
import { refreshMetrics } from './refresh-metrics.ts';
import { retreatOnNewCode } from './retreat-on-new-code.ts';
import { RoutingState } from './routing-state.ts';
import type { ProgressEvent, RunningFig, StartAdmin } from './running-fig.ts';
import { ServiceStack } from './service-stack.ts';
import { showSyncProgress } from './sync-progress.ts';

export interface RunUpOptions {
  readonly configFile: string;
  readonly version: string;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
  /** Ends the wait for the first build of the read models. What serves by then goes on serving. */
  readonly signal: AbortSignal;
}

/**
 * Every role in one process: store, capture, candidates, shadow, cutover, proxy, admin; stopped in reverse. Resolves when
 * the read models are built. Throws FIG_CONFIG_*, FIG_STORE_*, FIG_PREFLIGHT_REFUSED, FIG_PORT_IN_USE.
 */
export async function runUp(options: RunUpOptions): Promise<RunningFig> {
  const { onProgress, log } = options;
  const config = await loadConfig(options.configFile);
  refuseMissingDatabase(config, options.configFile);
  refuseBadRules(config, options.configFile);
  const live = new LiveConfig(options.configFile, config);
  const features = live.features();
  const stack = new ServiceStack(log);
  try {
    const storeUrl = await storeUrlOf(config, stack, onProgress);
    const store = openStore(storeUrl, { applicationName: 'fig control' });
    stack.add('control store', () => store.destroy());
    onProgress({ step: 'control store', state: 'started' });
    const migrated = await migrateStore(store);
    onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });

    const target = openTarget(storeUrl);
    stack.add('target', () => target.destroy());
    const positions = createSharedPositions(config.features.map(({ name }) => name));
    const capture = startCapture(config, target, options, (readModel, position) => {
      for (const feature of config.features) {
        if (feature.readModel?.name === readModel) positions.publish(feature.name, position);
      }
    });
    if (capture) stack.add('capture', () => capture.stop());

    const candidates = createCandidates(config.features, storeUrl);
    stack.add('candidates', () => candidates[Symbol.asyncDispose]());
    const metrics = createMetrics();
    const feed = await startShadow(config, options, storeUrl, positions.buffer, metrics);
    stack.add('shadow', () => feed.stop());

    const phases = createPhaseStore(store);
    const ports = cutoverPorts({ store, phases, features: config.features, capture });
    const controller = new CutoverController({ features, ports, log });
    const routing = new RoutingState();
    const traffic = createTrafficObserver();
    const isReady = (name: string): boolean => {
      const feature = config.features.find((each) => each.name === name);
      return feature?.readModel === undefined || capture?.progressOf(feature.readModel.name).state === 'ready';
    };
    const proxy: Proxy = await startProxy({
      legacy: config.legacy.url,
      timeouts: config.legacy.timeouts,
      host: config.listen.host,
      port: config.listen.port,
      features: config.features,
      visitor: config.visitor,
      tls: config.listen.tls,
      legacyTls: config.legacy.tls,
      hostHeader: config.legacy.host,
      trust: config.trust,
      via: config.via,
      paths: config.paths,
      routing: routing.current,
      candidate: (feature) => candidates.candidate(feature),
      applied: appliedOf(features, capture),
      source: capture?.source,
      fenceSecret: await sharedSecret(store, 'fence secret'),
      fenceBudgetMs: config.fenceBudgetMs,
      sink: whenReady(feed, isReady),
      observe: watchTraffic(traffic, metrics),
      limits: config.limits,
      drainDelayMs: config.listen.drainDelayMs,
      stopGraceMs: config.listen.stopGraceMs,
      log,
    });
    const side = localProxySide(proxy, traffic, metrics, feed);
    stack.add('proxy', () => side.stop());
    stack.add(
      'certificates',
      reloadOnHangup(() => proxy.reloadCertificates()),
    );

    // Until here the proxy knows no phases and sends everything to legacy.
    await retreatOnNewCode(config.features, store, phases, controller);
    routing.swap(await phases.snapshot());
    const watch = startPhaseWatch({ storeUrl, onSnapshot: routing.swap, log });
    stack.add('phase watch', () => watch.stop());
    const loop = controller.start();
    stack.add('cutover', () => loop.stop());

    const startedAt = new Date().toISOString();
    const addresses = { proxy: proxy.url, legacy: config.legacy.url.origin, admin: '' };
    const control = new MigrationControl({
      config,
      version: options.version,
      startedAt,
      addresses,
      store,
      controller,
      capture,
      side,
      reload: () => live.reload(proxy),
      metrics,
    });
    refreshMetrics(metrics, control, capture, feed);
    const admin = await options.startAdmin(control, config.admin.port);
    addresses.admin = admin.url;
    stack.add('admin', () => admin.stop());
    // Users are served by now, by legacy. Whoever started us wants to see the read models being built.
    await capture?.untilReady(options.signal);
    return { control, addresses, stop: () => drainThenStop(side, stack) };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function refuseMissingDatabase(config: NormalizedConfig, file: string): void {
  const needy = config.features.find(({ readModel }) => readModel !== undefined);
  if (!needy || config.legacy.database !== undefined) return;
  throw new FigError(
    'FIG_CONFIG_INVALID',
    `${file}: legacy.database is missing, which the read model of ${needy.name} is kept in step with`,
    { remedy: 'Set legacy.database, or the environment variable LEGACY_DATABASE_URL, to its postgres:// URL.' },
  );
}

/** The shadow's worker would only find out when it has been started. */
function refuseBadRules(config: NormalizedConfig, file: string): void {
  for (const { name, compare } of config.features) {
    try {
      compilePathRules(compare);
    } catch (error) {
      const message = `${file}: a rule in compare of ${name} cannot be read: ${describeError(error)}`;
      throw new FigError('FIG_CONFIG_INVALID', message, { cause: error });
    }
  }
}

function startCapture(
  config: NormalizedConfig,
  target: ReturnType<typeof openTarget>,
  { log, onProgress }: RunUpOptions,
  onPosition: ConstructorParameters<typeof Capture>[0]['onPosition'],
): Capture | undefined {
  const readModels = config.features.flatMap(({ readModel }) => readModel ?? []);
  if (readModels.length === 0 || config.legacy.database === undefined) return undefined;
  const show = showSyncProgress(onProgress);
  return new Capture({
    url: config.legacy.database,
    migration: config.name,
    target,
    readModels,
    log,
    onProgress: show,
    onPosition,
  });
}

async function startShadow(
  config: NormalizedConfig,
  { configFile, log }: RunUpOptions,
  storeUrl: string,
  position: SharedArrayBuffer,
  metrics: Metrics,
): Promise<ShadowFeed> {
  // Worker threads cannot load TypeScript on Node 20, so from sources the compiled worker is used.
  const fromSource = import.meta.url.endsWith('.ts');
  const base = fromSource ? new URL('../../dist/src/app/', import.meta.url) : new URL('./', import.meta.url);
  return startShadowFeed({
    workerUrl: new URL('../../shadow/worker.js', base),
    workerData: {
      configFile,
      storeUrl,
      legacyUrl: config.legacy.url.href,
      legacyTls: config.legacy.tls,
      legacyDatabaseUrl: config.legacy.database,
      candidateModule: new URL('./shadow-candidates.js', base).href,
      position,
    },
    features: config.features.map(({ name }) => name),
    onVerdict: (feature, _route, verdict) => metrics.compared(feature, verdict),
    log,
  });
}

function appliedOf(features: readonly NormalizedFeature[], capture: Capture | undefined) {
  const bounded = new Map(
    features.flatMap((feature) => {
      const name = feature.readModel?.name;
      const applied = name === undefined ? undefined : capture?.applied(name);
      if (!applied || name === undefined) return [];
      return [
        [
          feature.name,
          withinLag(
            applied,
            () => capture?.lagSecondsOf(name),
            () => feature.cutover.maxLagSeconds,
          ),
        ] as const,
      ];
    }),
  );
  return (feature: string) => bounded.get(feature);
}
