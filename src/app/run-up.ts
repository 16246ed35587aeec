import { randomBytes } from 'node:crypto';
import { allVersions } from '../config/feature-versions.ts';
import { loadConfig } from '../config/load-config.ts';
import { CutoverController } from '../cutover/controller.ts';
import type { Log } from '../kernel/log.ts';
import type { RoutingSnapshot } from '../kernel/phase.ts';
import { createMetrics } from '../observe/metrics.ts';
import { openStore } from '../store/control-store.ts';
import { startPhaseWatch } from '../store/phase-notifications.ts';
import { setKillSwitch } from '../store/kill-switch-store.ts';
import { createPhaseStore } from '../store/phase-store.ts';
import { sharedSecret } from '../store/setting-store.ts';
import { openTarget, targetConnections } from '../sync/open-target.ts';
import { startBreakerEvidence } from './breaker-evidence.ts';
import { changeSourceOf } from './change-source-of.ts';
import { checkConfig } from './check-config.ts';
import { coldControl, standIn } from './cold-control.ts';
import type { FigControl, StatusReport } from './control.ts';
import { FENCE_SECRET_BYTES, keepFenceSecret, loadFenceSecret } from './fence-secret-file.ts';
import { startEvidenceKeeper } from './keep-evidence.ts';
import { startPhaseKeeper } from './keep-phases.ts';
import { loadPhases, ownerOf } from './phases-file.ts';
import { reachStore } from './reach-store.ts';
import { LiveConfig } from './live-config.ts';
import { LocalKillSwitch } from './kill-switch.ts';
import { MigrationControl } from './migration-control.ts';
import { cutoverPorts, waitingPorts } from './cutover-ports.ts';
import { drainThenStop } from './drain-then-stop.ts';
import { storeUrlOf } from './open-databases.ts';
import type { ProxySide } from './proxy-side.ts';
import { liftHarmless } from './quarantine-desk.ts';
import { readModelView } from './read-model-view.ts';
import { reloadOnHangup } from './reload-on-hangup.ts';
import { refreshReconcileMetrics } from './reconcile-metrics.ts';
import { startReconcileSchedule } from './reconcile-schedule.ts';
import { Reconciliations } from './reconciliations.ts';
import { refreshMetrics } from './refresh-metrics.ts';
import { RoutingState } from './routing-state.ts';
import type { ProgressEvent, RunningFig, StartAdmin } from './running-fig.ts';
import { ServingVersions } from './versions/serving-versions.ts';
import { settleVersions } from './versions/settle-versions.ts';
import { VersionBook } from './versions/version-book.ts';
import { VersionDesk } from './versions/version-desk.ts';
import { ServiceStack } from './service-stack.ts';
import type { Serving } from './serving.ts';
import { ServingHere } from './serving-here.ts';
import { SimpleReadModels } from './simple-read-models.ts';
import { startCapture } from './start-capture.ts';
import { startLeader } from './start-leader.ts';
import { ServingInWorkers } from './workers/serving-in-workers.ts';

export interface RunUpOptions {
  readonly configFile: string;
  readonly version: string;
  /** Processes that serve users, each on a core of its own. Default 1: this process serves them itself. */
  readonly workers?: number | undefined;
  /** Whose `.fig/` holds what is kept on disk. Default: the current folder. */
  readonly folder?: string | undefined;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
  /** Ends the wait for the first build of the read models. What serves by then goes on serving. */
  readonly signal: AbortSignal;
}

/**
 * Every role of a migration: store, capture, candidates, shadow, cutover, proxy, admin; stopped in reverse. Resolves when
 * the read models are built. Throws FIG_CONFIG_*, FIG_STORE_*, FIG_PORT_IN_USE, and FIG_PREFLIGHT_REFUSED where none was
 * ever built.
 */
export async function runUp(options: RunUpOptions): Promise<RunningFig> {
  const { onProgress, log, folder = process.cwd() } = options;
  const config = await loadConfig(options.configFile);
  checkConfig(config, options.configFile);
  const live = new LiveConfig(options.configFile, config);
  const features = live.features();
  const stack = new ServiceStack(log);
  try {
    const storeUrl = await storeUrlOf(config, stack, onProgress);
    const store = openStore(storeUrl, { applicationName: 'fig control' });
    stack.add('control store', () => store.destroy());

    const owner = ownerOf(config);
    const metrics = createMetrics();
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

    const startedAt = new Date().toISOString();
    const addresses = { proxy: '', legacy: config.legacy.url.origin, admin: '' };
    const common = { config, configFile: options.configFile, storeUrl, routing, onBreakerOpen: openings.keep, log };
    const { workers = 1 } = options;
    const serving: Serving =
      workers > 1 ? new ServingInWorkers({ ...common, workers }) : new ServingHere({ ...common, metrics });
    let inOffice: FigControl | undefined;
    const serve = async (fenceSecret: Uint8Array): Promise<ProxySide> => {
      const side = await serving.open(fenceSecret);
      stack.add('proxy', () => side.stop());
      stack.add(
        'certificates',
        reloadOnHangup(() => side.reloadCertificates()),
      );
      addresses.proxy = side.url;
      return side;
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
    let cold: ProxySide | undefined;
    const onCold = async (): Promise<void> => {
      const secret = (await loadFenceSecret(folder, config.name)) ?? randomBytes(FENCE_SECRET_BYTES);
      const kept = await loadPhases(folder, owner, log);
      if (kept) routing.swap(kept);
      const side = (cold = await serve(secret));
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
          metrics: async () => metrics.text(await side.otherMetrics()),
          killSwitch: (order) => killSwitch.order(order),
          reload: () => live.reload(serving),
          readiness: () => side.readiness(),
        }),
      );
    };
    const migrated = await reachStore({ store, onCold, signal: options.signal, log });
    if (migrated === undefined) {
      if (inOffice === undefined) await onCold();
      return { control: inOffice!, addresses, stop: () => (cold ? drainThenStop(cold, stack) : stack.stop()) };
    }
    onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });
    const fenceSecret = await sharedSecret(store, 'fence secret');
    await keepFenceSecret(folder, config.name, fenceSecret, log);

    const target = openTarget(storeUrl, targetConnections(allVersions(config.features).length));
    stack.add('target', () => target.destroy());
    const onPosition = serving.moved.bind(serving);
    const onParked = serving.parked.bind(serving);
    const onApplied = metrics.applied.bind(metrics);
    const leader = startLeader({ config, storeUrl, target, log });
    if (leader) stack.add('leader', () => leader.stop());
    const changes = changeSourceOf({ config, storeUrl, target, log });
    const capture = startCapture({ config, target, changes, onProgress, onPosition, onParked, onApplied, log });
    if (capture) stack.add('capture', () => capture.stop());
    const simple = new SimpleReadModels({ config, storeUrl, capture, onProgress, onPosition, log });
    stack.add('simple read models', () => simple.stop());
    stack.add('candidates and shadow', () => serving.close());
    const book = new VersionBook(features);
    const versions = new ServingVersions(book, routing.current);
    const readModels = readModelView(book.all(), capture, simple);
    await serving.provide({ followed: simple.followed, readModels, fenceSecret });

    const phases = createPhaseStore(store);
    const reconciliations = new Reconciliations(store, capture);
    const sources = { store, phases, capture, simple, reconciliations };
    const ports = cutoverPorts({ ...sources, versionOf: (feature) => versions.serving(feature) });
    const controller = new CutoverController({ features: versions.cutoverFeatures(), ports, log });
    // Never started: it tells how the versions that do not serve stand, and moves nothing.
    const waiting = new CutoverController({
      features: versions.waitingFeatures(),
      ports: waitingPorts(ports, {
        ...sources,
        versionOf: (feature) => versions.waiting(feature) ?? versions.serving(feature),
      }),
      log,
    });
    const side = cold ?? (await serve(fenceSecret));

    // Until here the proxy knows no phases and sends everything to legacy.
    await settleVersions(config.features, { store, phases, controller, log });
    await liftHarmless(store, config.features);
    const keeper = startPhaseKeeper(folder, owner, log);
    stack.add('phase keeper', () => keeper.stop());
    const learn = (snapshot: RoutingSnapshot): void => {
      routing.swap(snapshot);
      routing.heard();
      simple.learn(snapshot);
      keeper.keep(snapshot);
    };
    learn(await phases.snapshot());
    const watch = startPhaseWatch({ storeUrl, onSnapshot: learn, onHeard: routing.heard, log });
    stack.add('phase watch', () => watch.stop());
    const loop = controller.start();
    stack.add('cutover', () => loop.stop());
    const evidenceKeeper = startEvidenceKeeper({
      store,
      kept: allVersions(config.features).map(({ name: feature, fingerprint }) => ({ feature, fingerprint })),
      keep: config.shadow.keep,
      log,
    });
    stack.add('evidence keeper', () => evidenceKeeper.stop());
    if (capture) {
      const schedule = startReconcileSchedule({ versions: book.all(), reconciliations, capture, log });
      stack.add('reconciliation', () => schedule.stop());
    }

    const names = config.features.map(({ name }) => name);
    const desk = new VersionDesk({
      ...sources,
      versions,
      waiting,
      features: names,
      signal: options.signal,
    });
    const control = new MigrationControl({
      config,
      version: options.version,
      startedAt,
      addresses,
      store,
      target,
      controller,
      capture,
      simple,
      side,
      reconciliations,
      versions,
      desk,
      waiting,
      reload: () => live.reload(serving),
      metrics,
      killSwitch,
      routing: routing.current,
    });
    refreshMetrics(metrics, control, capture);
    refreshReconcileMetrics(metrics, names, versions, reconciliations);
    await administer(control);
    // Users are served by now, by legacy. Whoever started us wants to see the read models being built.
    await capture?.untilReady(options.signal, () => nothingHasMoved(routing.current()));
    await simple.untilSettled(options.signal);
    return { control, addresses, stop: () => drainThenStop(side, stack) };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Legacy answers everybody: nobody is served by a candidate that would be gone with us. */
function nothingHasMoved({ features }: RoutingSnapshot): boolean {
  return [...features.values()].every(({ reads }) => reads.percent === 0);
}
