import { allVersions } from '../../config/feature-versions.ts';
import { CutoverController } from '../../cutover/controller.ts';
import type { Log } from '../../kernel/log.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import { startPhaseWatch } from '../../store/phase-notifications.ts';
import { createPhaseStore } from '../../store/phase-store.ts';
import type { CaptureView, SimpleView } from '../following/capture-view.ts';
import { cutoverPorts, waitingPorts } from './cutover-ports.ts';
import { startExpiryWatch } from '../reports/expiring-rules.ts';
import { insist } from '../starting/insist.ts';
import { startEvidenceKeeper } from '../shadowing/keep-evidence.ts';
import type { ControlParts } from '../migration-control.ts';
import type { OpenedProcess } from '../starting/open-process.ts';
import { liftHarmless } from '../quarantine-desk.ts';
import { refreshReconcileMetrics } from '../reconciling/reconcile-metrics.ts';
import { startReconcileSchedule } from '../reconciling/reconcile-schedule.ts';
import { Reconciliations } from '../reconciling/reconciliations.ts';
import type { ServiceStack } from '../starting/service-stack.ts';
import { ServingVersions } from '../versions/serving-versions.ts';
import { settleVersions } from '../versions/settle-versions.ts';
import { VersionBook } from '../versions/version-book.ts';
import { VersionDesk } from '../versions/version-desk.ts';

export interface DecidingOptions {
  /** The read models, wherever they are kept in step. */
  readonly capture: CaptureView | undefined;
  readonly simple: SimpleView;
  /** Told of phases once the routing knows them. */
  readonly onSnapshot?: ((snapshot: RoutingSnapshot) => void) | undefined;
  readonly log: Log;
}

/** What the front ends ask of whoever decides. */
export type Deciding = Pick<
  ControlParts,
  'store' | 'capture' | 'simple' | 'controller' | 'waiting' | 'versions' | 'reconciliations' | 'desk'
>;

/**
 * Decides about a migration: gates and phases, which version serves, what is kept of evidence, when read models are compared
 * with legacy. For one process of a migration; what it starts goes on the stack.
 */
export async function startDeciding(
  { config, live, store, storeUrl, insistence, metrics, routing }: OpenedProcess,
  { capture, simple, onSnapshot, log }: DecidingOptions,
  stack: ServiceStack,
): Promise<Deciding> {
  const features = live.features();
  const book = new VersionBook(features);
  const versions = new ServingVersions(book, routing.current);
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

  // Until here the routing knows no phases, and everything goes to legacy.
  await insist(insistence, () => settleVersions(config.features, { store, phases, controller, log }));
  await insist(insistence, () => liftHarmless(store, config.features));
  const learn = (snapshot: RoutingSnapshot): void => {
    routing.swap(snapshot);
    routing.heard();
    onSnapshot?.(snapshot);
  };
  learn(await insist(insistence, () => phases.snapshot()));
  const watch = startPhaseWatch({ storeUrl, onSnapshot: learn, onHeard: routing.heard, log });
  stack.add('phase watch', () => watch.stop());
  const loop = controller.start();
  stack.add('cutover', () => loop.stop());
  const evidenceKeeper = startEvidenceKeeper({
    store,
    kept: allVersions(config.features).map(({ name: feature, fingerprint }) => ({ feature, fingerprint })),
    keep: config.shadow.keep,
    withoutPairs: config.features.filter(({ shadow }) => !shadow.pairs).map(({ name }) => name),
    onKept: (figures) => metrics.kept(figures),
    log,
  });
  stack.add('evidence keeper', () => evidenceKeeper.stop());
  const expiry = startExpiryWatch(features, log);
  stack.add('expiry of rules', () => expiry.stop());
  if (capture) {
    const schedule = startReconcileSchedule({ versions: book.all(), reconciliations, capture, log });
    stack.add('reconciliation', () => schedule.stop());
  }

  const names = config.features.map(({ name }) => name);
  refreshReconcileMetrics(metrics, names, versions, reconciliations);
  const desk = new VersionDesk({ ...sources, versions, waiting, features: names, signal: insistence.signal });
  return { store, capture, simple, controller, waiting, versions, reconciliations, desk };
}
