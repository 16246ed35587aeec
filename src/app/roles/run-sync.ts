import { randomUUID } from 'node:crypto';
import { allVersions } from '../../config/feature-versions.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { startPhaseWatch } from '../../store/phase-notifications.ts';
import { openTarget, targetConnections } from '../../sync/open-target.ts';
import { changeSourceOf } from '../change-source-of.ts';
import { coldControl } from '../cold-control.ts';
import { sharedDigest } from '../live-config.ts';
import { nothingHasMoved } from '../nothing-has-moved.ts';
import { reachStore } from '../reach-store.ts';
import { refreshMetrics } from '../refresh-metrics.ts';
import type { RunningFig } from '../running-fig.ts';
import { type ServiceStack, startOnStack } from '../service-stack.ts';
import { SimpleReadModels } from '../simple-read-models.ts';
import { startCapture } from '../start-capture.ts';
import { startLeader } from '../start-leader.ts';
import { startRelay } from '../start-relay.ts';
import type { StartOptions } from '../start-options.ts';
import { readModelsOf } from './heard-capture.ts';
import { openRole, roleControl, WorkReadiness } from './open-role.ts';
import { ProcessPresence } from './process-presence.ts';
import { writeCapture } from './process-told.ts';
import { publishReadModels, type ReadModelPublisher } from './publish-read-models.ts';
import { figuresHere } from './read-model-figures.ts';
import { startReconcileService } from './reconcile-by-order.ts';
import { untilNobodyReads } from './until-nobody-reads.ts';

/**
 * Keeps the read models of a migration in step, and tells the other processes how far they are. Resolves when they are
 * built. A second one waits until the first is gone. Throws FIG_CONFIG_*, FIG_STORE_NEWER, and FIG_PREFLIGHT_REFUSED where
 * none was ever built.
 */
export function runSync(options: StartOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: StartOptions, stack: ServiceStack): Promise<RunningFig> {
  const { version, log, onProgress, signal } = options;
  const role = await openRole('sync', options, stack);
  const { config, live, store, storeUrl, metrics, routing, addresses } = role;
  const readiness = new WorkReadiness(() =>
    isHolder() === false ? 'another process captures, or legacy does not let it; it is tried again' : 'it captures',
  );
  const reload = (): ReturnType<typeof live.reload> => live.reload({ reconfigure: () => undefined });
  const control = roleControl(role, { reload, readiness: readiness.current });
  const stop = (): Promise<void> => {
    readiness.end();
    return stack.stop();
  };
  const onCold = (): Promise<void> => role.administer(coldControl(control));
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) {
    await onCold();
    return { control, addresses, stop };
  }
  onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });

  let publisher: ReadModelPublisher | undefined;
  const id = randomUUID();
  const ending = new AbortController();
  const target = openTarget(storeUrl, targetConnections(allVersions(config.features).length));
  stack.add('target', () => target.destroy());
  const leader = startLeader({ config, storeUrl, target, log });
  if (leader) stack.add('leader', () => leader.stop());
  const relay = startRelay(config, log);
  if (relay) stack.add('relay', () => relay.stop());
  const changes = changeSourceOf({ config, storeUrl, target, log });
  const capture = startCapture({
    config,
    target,
    changes,
    onProgress,
    onPosition: (_key, position) => publisher?.moved(position !== undefined),
    onParked: () => publisher?.moved(true),
    onApplied: (batch) => {
      metrics.applied(batch);
      publisher?.hasten();
    },
    onNudge: () => publisher?.hasten(),
    beforeEmptying: (projection) =>
      untilNobodyReads(storeUrl, { readModel: projection, process: id, signal: ending.signal }),
    log,
  });
  if (capture) stack.add('capture', () => capture.stop());
  stack.add('waiting for readers', () => ending.abort(new FigError('FIG_INTERNAL', 'fig is being stopped')));
  const simple = new SimpleReadModels({
    config,
    storeUrl,
    capture,
    onProgress,
    onPosition: (_name, position) => publisher?.moved(position !== undefined),
    onParked: () => publisher?.moved(true),
    log,
  });
  stack.add('simple read models', () => simple.stop());
  // Of two that follow one database the server serves one; where nothing is captured, who came first.
  function isHolder(): boolean | undefined {
    return capture && capture.status().state === 'streaming';
  }

  const presence = new ProcessPresence({
    id,
    store,
    migration: config.name,
    role: role.role,
    version,
    configDigest: () => sharedDigest(live.current),
    addresses,
    startedAt: role.startedAt,
    told: () =>
      Promise.resolve({
        readiness: readiness.current(),
        ...(capture && { capture: writeCapture({ ...capture.status(), failure: capture.failure }) }),
      }),
    reload,
    log,
  });
  stack.add('presence', () => presence.stop());
  if (capture) {
    const ordered = startReconcileService({
      store,
      process: id,
      capture,
      isHolder: () => isHolder() === true,
      log,
    });
    stack.add('ordered comparisons', () => ordered.stop());
  }
  publisher = publishReadModels({
    storeUrl,
    process: id,
    readModels: readModelsOf(config),
    figures: (name) => figuresHere(name, capture, simple),
    sourceLog: () => simple.followed?.sourceLog(),
    isHolder,
    log,
  });
  // Last, so that it is first to end: reads leave before anything of this is taken down.
  const publishing = publisher;
  stack.add('read model publisher', () => publishing.stop());

  const watch = startPhaseWatch({
    storeUrl,
    onSnapshot: (snapshot) => {
      routing.swap(snapshot);
      simple.learn(snapshot);
    },
    onHeard: routing.heard,
    log,
  });
  stack.add('phase watch', () => watch.stop());
  refreshMetrics(metrics, control, capture);
  readiness.begin();
  await role.administer(control);
  presence.start();
  await capture?.untilReady(signal, () => nothingHasMoved(routing.current()));
  await simple.untilSettled(signal);
  return { control, addresses, stop };
}
