import type { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import { startPhaseWatch } from '../../store/phase-notifications.ts';
import { createPhaseStore } from '../../store/phase-store.ts';
import { coldControl } from '../cold-control.ts';
import type { FigControl } from '../control.ts';
import { drainThenStop } from '../serving/drain-then-stop.ts';
import { insist } from '../starting/insist.ts';
import { sharedDigest } from '../starting/live-config.ts';
import { openSource, orderOf, storeLog } from '../serving/open-source.ts';
import type { ProxySide } from '../serving/proxy-side.ts';
import { reachStore } from '../starting/reach-store.ts';
import { readModelView } from '../following/read-model-view.ts';
import type { RunningFig } from '../starting/running-fig.ts';
import { type ServiceStack, startOnStack } from '../starting/service-stack.ts';
import type { ProxyStartOptions } from '../starting/start-options.ts';
import { UserSide } from '../serving/user-side.ts';
import { allVersions } from '../../config/feature-versions.ts';
import { hearCapture } from './heard-capture.ts';
import { openRole, roleControl, type Role } from './open-role.ts';
import { ProcessPresence } from './process-presence.ts';
import { provenOnly, unprovenHere } from './proven-only.ts';

/**
 * Serves the users of a migration whose read models another process keeps in step. Resolves when it listens; until it has
 * heard of phases and positions, legacy answers. Throws FIG_CONFIG_*, FIG_STORE_NEWER, FIG_PORT_IN_USE.
 */
export function runProxyRole(options: ProxyStartOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: ProxyStartOptions, stack: ServiceStack): Promise<RunningFig> {
  const { version, log, signal, onProgress } = options;
  const role = await openRole('proxy', options, stack);
  const { config, live, store, storeUrl, insistence, metrics, routing, addresses } = role;
  const users = new UserSide(role, options, stack);
  const { serving } = users;
  const reload = (): ReturnType<typeof live.reload> => live.reload(serving);

  onProgress({ step: 'control store', state: 'started' });
  const onCold = async (trouble: () => FigError): Promise<void> =>
    role.administer(coldControl(controlOf(role, await users.openFromDisk(), reload), trouble));
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) {
    const side = await users.openFromDisk();
    const control = coldControl(controlOf(role, side, reload));
    await role.administer(control);
    return { control, addresses, stop: () => drainThenStop(side, stack) };
  }
  onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });
  const fenceSecret = await users.fenceSecret();

  const heard = hearCapture({
    config,
    storeUrl,
    onPosition: (key, position) => serving.moved(key, position),
    onParked: (key, parkings) => serving.parked(key, parkings),
    log,
  });
  stack.add('read model watch', () => heard.service.stop());
  const source = openSource(config, storeUrl, log);
  if (source) stack.add('source position', () => source[Symbol.asyncDispose]());
  stack.add('candidates and shadow', () => serving.close());
  const isByStore = orderOf(config) === 'store';
  await serving.provide({
    followed: source && { source, sourceLog: () => (isByStore ? storeLog : heard.sourceLog()) },
    readModels: readModelView(allVersions(live.features()), heard.capture, heard.simple),
    fenceSecret,
  });
  const side = await users.open(fenceSecret);

  const keepPhases = users.keepPhases();
  const tellUnproven = unprovenTeller(log);
  const learn = (snapshot: RoutingSnapshot): void => {
    tellUnproven(unprovenHere(snapshot, config.features));
    routing.swap(provenOnly(snapshot, config.features));
    routing.heard();
    keepPhases(snapshot);
  };
  learn(await insist(insistence, () => createPhaseStore(store).snapshot()));
  const watch = startPhaseWatch({ storeUrl, onSnapshot: learn, onHeard: routing.heard, log });
  stack.add('phase watch', () => watch.stop());

  const presence = new ProcessPresence({
    store,
    migration: config.name,
    role: role.role,
    version,
    configDigest: () => sharedDigest(live.current),
    addresses,
    startedAt: role.startedAt,
    told: async () => ({ readiness: side.readiness(), view: await side.view() }),
    reload,
    log,
  });
  stack.add('presence', () => presence.stop());
  const control = controlOf(role, side, reload);
  metrics.beforeText(() => {
    for (const { feature, reads } of routing.current().features.values()) metrics.reads(feature, reads);
  });
  await role.administer(control);
  presence.start();
  return { control, addresses, stop: () => drainThenStop(side, stack) };
}

function controlOf(role: Role, side: ProxySide, reload: FigControl['reload']): FigControl {
  return roleControl(role, {
    status: async () => role.statusOf(await side.view()),
    metrics: async () => role.metrics.text(await side.otherMetrics()),
    reload,
    readiness: () => side.readiness(),
  });
}

/** Warns once of each feature that legacy answers here because what was proven is not what is here. */
function unprovenTeller(log: Log): (features: readonly string[]) => void {
  let told: readonly string[] = [];
  return (features) => {
    const fresh = features.filter((feature) => !told.includes(feature));
    told = features;
    if (fresh.length === 0) return;
    const what =
      'features were proven with other code, rules or schema than this process has; legacy answers them here';
    log.warn({ code: 'FIG_CONFIGS_DIFFER', features: fresh }, what);
  };
}
