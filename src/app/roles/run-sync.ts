import { randomUUID } from 'node:crypto';
import { allVersions } from '../../config/feature-versions.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { startPhaseWatch } from '../../store/phase-notifications.ts';
import { openTarget, targetConnections, targetNameOf } from '../../sync/open-target.ts';
import { topicReadingOf } from '../../sync/capture/change-source.ts';
import { StreamTap } from '../../sync/tail/stream-tap.ts';
import { changeSourceOf } from '../following/change-source-of.ts';
import { nothingHasMoved } from '../serving/nothing-has-moved.ts';
import { refreshMetrics } from '../refresh-metrics.ts';
import type { RunningFig } from '../starting/running-fig.ts';
import { type ServiceStack, startOnStack } from '../starting/service-stack.ts';
import { SimpleReadModels } from '../following/simple-read-models.ts';
import { startCapture } from '../following/start-capture.ts';
import { startLanding } from '../following/start-landing.ts';
import { startLeader } from '../following/start-leader.ts';
import { startPublisher } from '../following/start-publisher.ts';
import { startRelay } from '../following/start-relay.ts';
import type { StartOptions } from '../starting/start-options.ts';
import { openTail } from '../tail/open-tail.ts';
import { seeEvents } from '../events/see-events.ts';
import { seeTransport } from '../transport/see-transport.ts';
import { beginRole } from './begin-role.ts';
import { readModelsOf } from './heard-capture.ts';
import { writeCapture } from './process-told.ts';
import { publishReadModels, type ReadModelPublisher } from './publish-read-models.ts';
import { figuresHere } from './read-model-figures.ts';
import { startReconcileService } from './reconcile-by-order.ts';
import { checkPart } from './sync-part.ts';
import { untilNobodyReads } from './until-nobody-reads.ts';

export interface SyncOptions extends StartOptions {
  /** `project`: changes are only applied, and another process writes them to the topic. */
  readonly part?: 'project' | undefined;
}

/**
 * Keeps the read models of a migration in step, and tells the other processes how far they are. Resolves when they are
 * built. A second one takes its share of them where changes come by a topic, and else waits until the first is gone. Throws
 * FIG_CONFIG_*, FIG_STORE_NEWER, and FIG_PREFLIGHT_REFUSED where none was ever built.
 */
export function runSync(options: SyncOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: SyncOptions, stack: ServiceStack): Promise<RunningFig> {
  const { log, onProgress, signal, part } = options;
  let capture: ReturnType<typeof startCapture>;
  const tap = new StreamTap();
  const begun = await beginRole(
    {
      role: part ?? 'sync',
      check: ({ events }) => part && checkPart(part, events),
      reason: () => reasonOf(capture),
      tail: ({ config, store }) => openTail({ config, store, tap, log }),
    },
    options,
    stack,
  );
  if (!begun.isReached) return begun.running;
  const { control, readiness } = begun;
  const { config, store, storeUrl, metrics, routing } = begun.role;

  let publisher: ReadModelPublisher | undefined;
  const id = randomUUID();
  const ending = new AbortController();
  const connections = targetConnections(allVersions(config.features).length);
  const target = openTarget(storeUrl, connections, { name: targetNameOf(id) });
  stack.add('target', () => target.destroy());
  const leader = part ? undefined : startLeader({ config, storeUrl, process: id, target, log });
  if (leader) stack.add('leader', () => leader.stop());
  const relay = startRelay(config, log);
  if (relay) stack.add('relay', () => relay.stop());
  const events = startPublisher({ config, storeUrl, process: id, target, log });
  if (events) stack.add('event publisher', () => events.stop());
  const landing = startLanding({ config, storeUrl, process: id, log });
  if (landing) stack.add('landing', () => landing.stop());
  const changes = changeSourceOf({ config, storeUrl, process: id, isShared: true, target, landing, log });
  capture = startCapture({
    config,
    target,
    changes,
    tap,
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
  const capturing = capture;
  if (capturing) stack.add('capture', () => capturing.stop());
  seeTransport({ process: id, config, store, leader, reading: topicReadingOf(changes), capture, metrics, log }, stack);
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
  seeEvents({ process: id, config, store, simple, publisher: events, metrics, log }, stack);
  const presence = begun.addPresence({
    id,
    told: () =>
      Promise.resolve({
        readiness: readiness.current(),
        ...(capture && { capture: writeCapture({ ...capture.status(), failure: capture.failure }) }),
      }),
  });
  if (capture) {
    const ordered = startReconcileService({
      store,
      process: id,
      capture,
      isHolder: (name) => capturing?.holds(name) === true,
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
    isHolder: (name) => isHolder(name, capture),
    isGivenUp: (name) => capture?.isElsewhere(name) === true,
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
  await begun.open(control, presence);
  await capture?.untilReady(signal, () => nothingHasMoved(routing.current()));
  await simple.untilSettled(signal);
  return begun.running;
}

/** Of those that are captured whoever applies them; of others, where changes are applied at all, who came first. */
function isHolder(name: string, capture: ReturnType<typeof startCapture>): boolean | undefined {
  if (capture === undefined) return undefined;
  if (capture.readModels.includes(name) || !capture.isShared) return capture.holds(name);
  return capture.status().state === 'streaming' ? undefined : false;
}

function reasonOf(capture: ReturnType<typeof startCapture>): string {
  if (capture === undefined || capture.status().state === 'streaming') return 'it keeps read models in step';
  return 'other processes keep the read models in step, or nothing lets this one; it is tried again';
}
