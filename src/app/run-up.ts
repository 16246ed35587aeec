import { randomUUID } from 'node:crypto';
import { allVersions } from '../config/feature-versions.ts';
import type { FigError } from '../kernel/fig-error.ts';
import { openTarget, targetConnections, targetNameOf } from '../sync/open-target.ts';
import { topicReadingOf } from '../sync/capture/change-source.ts';
import { StreamTap } from '../sync/tail/stream-tap.ts';
import { changeSourceOf } from './following/change-source-of.ts';
import { coldControl } from './cold-control.ts';
import type { FigControl } from './control.ts';
import { drainThenStop } from './serving/drain-then-stop.ts';
import { MigrationControl } from './migration-control.ts';
import { nothingHasMoved } from './serving/nothing-has-moved.ts';
import { storeUrlOf } from './starting/open-databases.ts';
import { openProcess } from './starting/open-process.ts';
import type { ProxySide } from './serving/proxy-side.ts';
import { reachStore } from './starting/reach-store.ts';
import { readModelView } from './following/read-model-view.ts';
import { refreshMetrics } from './refresh-metrics.ts';
import type { RunningFig } from './starting/running-fig.ts';
import { type ServiceStack, startOnStack } from './starting/service-stack.ts';
import { SimpleReadModels } from './following/simple-read-models.ts';
import { startCapture } from './following/start-capture.ts';
import { startLanding } from './following/start-landing.ts';
import { startDeciding } from './deciding/start-deciding.ts';
import { startLeader } from './following/start-leader.ts';
import { startPublisher } from './following/start-publisher.ts';
import { startRelay } from './following/start-relay.ts';
import type { ProxyStartOptions } from './starting/start-options.ts';
import { openTail } from './tail/open-tail.ts';
import { eventsOf, seeEvents } from './events/see-events.ts';
import { seeTransport, transportOf } from './transport/see-transport.ts';
import { UserSide } from './serving/user-side.ts';

/**
 * Every role of a migration: store, capture, candidates, shadow, cutover, proxy, admin; stopped in reverse. Resolves when
 * the read models are built. Throws FIG_CONFIG_*, FIG_STORE_*, FIG_PORT_IN_USE, and FIG_PREFLIGHT_REFUSED where none was
 * ever built.
 */
export function runUp(options: ProxyStartOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: ProxyStartOptions, stack: ServiceStack): Promise<RunningFig> {
  const { version, onProgress, signal, log } = options;
  const opened = await openProcess(
    { ...options, name: 'fig control', storeUrlOf: (config) => storeUrlOf(config, stack, onProgress) },
    stack,
  );
  const { config, live, store, storeUrl, metrics, routing, killSwitch, startedAt, addresses } = opened;
  const users = new UserSide(opened, options, stack);
  const { serving } = users;

  onProgress({ step: 'control store', state: 'started' });
  const coldly = (side: ProxySide, trouble?: () => FigError): FigControl =>
    coldControl(
      {
        status: async () => opened.statusOf(await side.view()),
        metrics: async () => metrics.text(await side.otherMetrics()),
        killSwitch: (order) => killSwitch.order(order),
        reload: () => live.reload(serving),
        readiness: () => side.readiness(),
      },
      trouble,
    );
  const onCold = async (trouble: () => FigError): Promise<void> =>
    opened.administer(coldly(await users.openFromDisk(), trouble));
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) {
    const side = await users.openFromDisk();
    const control = coldly(side);
    await opened.administer(control);
    return { control, addresses, stop: () => drainThenStop(side, stack) };
  }
  onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });
  const fenceSecret = await users.fenceSecret();

  const process = randomUUID();
  const connections = targetConnections(allVersions(config.features).length);
  const target = openTarget(storeUrl, connections, { name: targetNameOf(process) });
  stack.add('target', () => target.destroy());
  const onPosition = serving.moved.bind(serving);
  const onParked = serving.parked.bind(serving);
  const onApplied = metrics.applied.bind(metrics);
  const leader = startLeader({ config, storeUrl, process, target, log });
  if (leader) stack.add('leader', () => leader.stop());
  const relay = startRelay(config, log);
  if (relay) stack.add('relay', () => relay.stop());
  const publisher = startPublisher({ config, storeUrl, process, target, log });
  if (publisher) stack.add('event publisher', () => publisher.stop());
  const landing = startLanding({ config, storeUrl, process, log });
  if (landing) stack.add('landing', () => landing.stop());
  const changes = changeSourceOf({ config, storeUrl, process, isShared: false, target, landing, log });
  const tap = new StreamTap();
  const capture = startCapture({ config, target, changes, tap, onProgress, onPosition, onParked, onApplied, log });
  if (capture) stack.add('capture', () => capture.stop());
  seeTransport({ process, config, store, leader, reading: topicReadingOf(changes), capture, metrics, log }, stack);
  const simple = new SimpleReadModels({ config, storeUrl, capture, onProgress, onPosition, onParked, log });
  stack.add('simple read models', () => simple.stop());
  seeEvents({ process, config, store, simple, publisher, metrics, log }, stack);
  stack.add('candidates and shadow', () => serving.close());
  const readModels = readModelView(allVersions(live.features()), capture, simple);
  await serving.provide({ followed: simple.followed, readModels, fenceSecret });
  const side = await users.open(fenceSecret);

  const keepPhases = users.keepPhases();
  const deciding = await startDeciding(
    opened,
    {
      capture,
      simple,
      onSnapshot: (snapshot) => {
        simple.learn(snapshot);
        keepPhases(snapshot);
      },
      log,
    },
    stack,
  );
  const control = new MigrationControl({
    ...deciding,
    config,
    version,
    startedAt,
    addresses,
    target,
    side,
    reload: () => live.reload(serving),
    metrics,
    killSwitch,
    transport: transportOf(config, store),
    events: eventsOf(config, store),
    tail: openTail({ config, store, tap, log }),
    routing: routing.current,
  });
  refreshMetrics(metrics, control, capture);
  await opened.administer(control);
  // Users are served by now, by legacy. Whoever started us wants to see the read models being built.
  await capture?.untilReady(signal, () => nothingHasMoved(routing.current()));
  await simple.untilSettled(signal);
  return { control, addresses, stop: () => drainThenStop(side, stack) };
}
