import { randomBytes } from 'node:crypto';
import { startProxy } from '../../proxy/create-proxy.ts';
import type { Proxy } from '../../proxy/proxy-options.ts';
import { type ShadowFeed, startShadowFeed } from '../../shadow/shadow-feed.ts';
import { compilePathRules } from '../../shadow/path-rules.ts';
import { createSharedPositions } from '../../shadow/shared-position.ts';
import { loadConfig } from '../config/load-config.ts';
import type { NormalizedConfig, NormalizedFeature } from '../config/normalized-config.ts';
import { CutoverController } from '../cutover/controller.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import type { RoutingSnapshot } from '../kernel/phase.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { createTrafficObserver } from '../observe/traffic.ts';
import { openStore } from '../store/control-store.ts';
import { startPhaseWatch } from '../store/phase-notifications.ts';
import { setKillSwitch } from '../store/kill-switch-store.ts';
import { createPhaseStore } from '../store/phase-store.ts';
import { sharedSecret } from '../store/setting-store.ts';
import { Capture } from '../sync/capture.ts';
import { openTarget } from '../sync/open-target.ts';
import { withinLag } from './bounded-position.ts';
import { startBreakerEvidence } from './breaker-evidence.ts';
import { createCandidates } from './candidates.ts';
import { coldControl, standIn } from './cold-control.ts';
import type { FigControl, StatusReport } from './control.ts';
import { FENCE_SECRET_BYTES, keepFenceSecret, loadFenceSecret } from './fence-secret-file.ts';
import { startPhaseKeeper } from './keep-phases.ts';
import { LateParts } from './late-parts.ts';
import { loadPhases, ownerOf } from './phases-file.ts';
import { reachStore } from './reach-store.ts';
import { watchTraffic } from './feed-metrics.ts';
import { LiveConfig } from './live-config.ts';
import { LocalKillSwitch } from './kill-switch.ts';
import { MigrationControl } from './migration-control.ts';
import { cutoverPorts } from './cutover-ports.ts';
import { drainThenStop } from './drain-then-stop.ts';
import { storeUrlOf } from './open-databases.ts';
import { localProxySide, type ProxySide } from './proxy-side.ts';
import { whenReady } from './ready-sink.ts';
import { reloadOnHangup } from './reload-on-hangup.ts';
import { refreshMetrics } from './refresh-metrics.ts';
import { retreatOnNewCode } from './retreat-on-new-code.ts';
import { RoutingState } from './routing-state.ts';
import type { ProgressEvent, RunningFig, StartAdmin } from './running-fig.ts';
import { ServiceStack } from './service-stack.ts';
import { showSyncProgress } from './sync-progress.ts';

/** Several times the rest between two looks at the phases, so that every proxy has looked. */
const ENTRY_GRACE_MS = 2_000;
/** Less than the grace, and more than the rest between two looks. */
const FRESH_MS = 1_500;

export interface RunUpOptions {
  readonly configFile: string;
  readonly version: string;
  /** Whose `.fig/` holds what is kept on disk. Default: the current folder. */
  readonly folder?: string | undefined;
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
  const { onProgress, log, folder = process.cwd() } = options;
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

    const owner = ownerOf(config);
    const metrics = createMetrics();
    const traffic = createTrafficObserver();
    const routing = new RoutingState();
    const openings = startBreakerEvidence(store, log);
    stack.add('breaker evidence', () => openings.stop());
    const killSwitch = new LocalKillSwitch({
      folder,
      routing,
      broadcast: ({ on, who, why = '' }) => setKillSwitch(store, { on, who, why }),
      log,
    });
    stack.add('kill switch', () => killSwitch.stop());
    // Before the first request: a fig that starts while the switch is on must not serve a single read from a candidate.
    await killSwitch.look();

    const late = new LateParts();
    const isFollowed = config.legacy.database !== undefined && config.features.some(({ readModel }) => readModel);
    const startedAt = new Date().toISOString();
    const addresses = { proxy: '', legacy: config.legacy.url.origin, admin: '' };
    let inOffice: FigControl | undefined;
    let feed: ShadowFeed | undefined;
    const serve = async (): Promise<{ readonly proxy: Proxy; readonly side: ProxySide }> => {
      const proxy = await startProxy({
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
        candidate: (feature) => late.candidates?.candidate(feature),
        applied: (feature) => late.applied(feature),
        source: isFollowed ? late.source : undefined,
        sourceLog: () => late.sourceLog(),
        entryGraceMs: ENTRY_GRACE_MS,
        isRoutingFresh: () => routing.isFresh(FRESH_MS),
        fenceSecret: late.fenceSecret,
        fenceBudgetMs: config.fenceBudgetMs,
        onBreakerOpen: openings.keep,
        explain: config.explain,
        sink: late.sink,
        observe: watchTraffic(traffic, metrics),
        limits: config.limits,
        drainDelayMs: config.listen.drainDelayMs,
        stopGraceMs: config.listen.stopGraceMs,
        log,
      });
      const side = localProxySide(proxy, traffic, metrics, () => feed?.stats());
      stack.add('proxy', () => side.stop());
      stack.add(
        'certificates',
        reloadOnHangup(() => side.reloadCertificates()),
      );
      addresses.proxy = side.url;
      return { proxy, side };
    };
    const administer = async (control: FigControl): Promise<void> => {
      const isOpen = inOffice !== undefined;
      inOffice = control;
      if (isOpen) return;
      const admin = await options.startAdmin(
        standIn(() => inOffice ?? control),
        config.admin.port,
      );
      addresses.admin = admin.url;
      stack.add('admin', () => admin.stop());
    };

    onProgress({ step: 'control store', state: 'started' });
    let cold: Awaited<ReturnType<typeof serve>> | undefined;
    const onCold = async (): Promise<void> => {
      late.fenceSecret.set((await loadFenceSecret(folder, config.name)) ?? randomBytes(FENCE_SECRET_BYTES));
      const kept = await loadPhases(folder, owner, log);
      if (kept) routing.swap(kept);
      const { proxy, side } = (cold = await serve());
      const status = async (): Promise<StatusReport> => ({
        name: config.name,
        version: options.version,
        startedAt,
        mode: 'migration',
        addresses,
        killSwitch: killSwitch.report(),
        capture: undefined,
        features: [],
        ...(await side.view()),
      });
      await administer(
        coldControl({
          status,
          metrics: () => metrics.text(),
          killSwitch: (order) => killSwitch.order(order),
          reload: () => live.reload(proxy),
          readiness: () => side.readiness(),
        }),
      );
    };
    const migrated = await reachStore({ store, onCold, signal: options.signal, log });
    if (migrated === undefined) {
      if (inOffice === undefined) await onCold();
      return { control: inOffice!, addresses, stop: () => (cold ? drainThenStop(cold.side, stack) : stack.stop()) };
    }
    onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });
    late.fenceSecret.set(await sharedSecret(store, 'fence secret'));
    await keepFenceSecret(folder, config.name, late.fenceSecret, log);

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
    feed = await startShadow(config, options, storeUrl, positions.buffer, metrics);
    const shadow = feed;
    stack.add('shadow', () => shadow.stop());

    const phases = createPhaseStore(store);
    const ports = cutoverPorts({ store, phases, features: config.features, capture });
    const controller = new CutoverController({ features, ports, log });
    const isReady = (name: string): boolean => {
      const feature = config.features.find((each) => each.name === name);
      return feature?.readModel === undefined || capture?.progressOf(feature.readModel.name).state === 'ready';
    };
    late.provide({
      candidates,
      applied: appliedOf(features, capture),
      source: capture?.source,
      sourceLog: () => capture?.sourceLog(),
      sink: whenReady(shadow, isReady),
    });
    const { proxy, side } = cold ?? (await serve());

    // Until here the proxy knows no phases and sends everything to legacy.
    await retreatOnNewCode(config.features, store, phases, controller);
    const keeper = startPhaseKeeper(folder, owner, log);
    stack.add('phase keeper', () => keeper.stop());
    const learn = (snapshot: RoutingSnapshot): void => {
      routing.swap(snapshot);
      routing.heard();
      keeper.keep(snapshot);
    };
    learn(await phases.snapshot());
    const watch = startPhaseWatch({ storeUrl, onSnapshot: learn, onHeard: routing.heard, log });
    stack.add('phase watch', () => watch.stop());
    const loop = controller.start();
    stack.add('cutover', () => loop.stop());

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
      killSwitch,
    });
    refreshMetrics(metrics, control, capture, shadow);
    await administer(control);
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
    maxPerSecond: config.shadow.maxPerSecond,
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
