import { randomBytes } from 'node:crypto';
import type { Log } from '../../kernel/log.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import { startPhaseWatch } from '../../store/phase-notifications.ts';
import { createPhaseStore } from '../../store/phase-store.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import { startBreakerEvidence } from '../breaker-evidence.ts';
import { coldControl } from '../cold-control.ts';
import type { FigControl } from '../control.ts';
import { drainThenStop } from '../drain-then-stop.ts';
import { FENCE_SECRET_BYTES, keepFenceSecret, loadFenceSecret } from '../fence-secret-file.ts';
import { startPhaseKeeper } from '../keep-phases.ts';
import { sharedDigest } from '../live-config.ts';
import { openSource, orderOf, storeLog } from '../open-source.ts';
import { loadPhases, ownerOf } from '../phases-file.ts';
import type { ProxySide } from '../proxy-side.ts';
import { reachStore } from '../reach-store.ts';
import { readModelView } from '../read-model-view.ts';
import { reloadOnHangup } from '../reload-on-hangup.ts';
import type { RunningFig } from '../running-fig.ts';
import { ServiceStack } from '../service-stack.ts';
import type { Serving } from '../serving.ts';
import { ServingHere } from '../serving-here.ts';
import { allVersions } from '../../config/feature-versions.ts';
import { ServingInWorkers } from '../workers/serving-in-workers.ts';
import { hearCapture } from './heard-capture.ts';
import { openRole, roleControl, type Role } from './open-role.ts';
import { ProcessPresence } from './process-presence.ts';
import { provenOnly, unprovenHere } from './proven-only.ts';
import type { RoleOptions } from './role-options.ts';

export interface ProxyRoleOptions extends RoleOptions {
  /** Processes that share the port, each on a core of its own. Default 1. */
  readonly workers?: number | undefined;
}

/**
 * Serves the users of a migration whose read models another process keeps in step. Resolves when it listens; until it has
 * heard of phases and positions, legacy answers. Throws FIG_CONFIG_*, FIG_STORE_NEWER, FIG_PORT_IN_USE.
 */
export async function runProxyRole(options: ProxyRoleOptions): Promise<RunningFig> {
  const stack = new ServiceStack(options.log);
  try {
    return await start(options, stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(options: ProxyRoleOptions, stack: ServiceStack): Promise<RunningFig> {
  const { configFile, version, log, signal, onProgress, workers = 1 } = options;
  const role = await openRole('proxy', options, stack);
  const { config, live, store, storeUrl, metrics, routing, addresses, folder } = role;
  const owner = ownerOf(config);
  const openings = startBreakerEvidence(store, log);
  stack.add('breaker evidence', () => openings.stop());
  const common = { config, configFile, storeUrl, routing, onBreakerOpen: openings.keep, log };
  const serving: Serving =
    workers > 1 ? new ServingInWorkers({ ...common, workers }) : new ServingHere({ ...common, metrics });
  const serve = async (fenceSecret: Uint8Array): Promise<ProxySide> => {
    const side = await serving.open(fenceSecret);
    stack.add('proxy', () => side.stop());
    stack.add(
      'certificates',
      reloadOnHangup(() => side.reloadCertificates()),
    );
    role.servesAt(side.url);
    return side;
  };
  const reload = (): ReturnType<typeof live.reload> => live.reload(serving);

  onProgress({ step: 'control store', state: 'started' });
  let cold: ProxySide | undefined;
  const onCold = async (): Promise<void> => {
    const secret = (await loadFenceSecret(folder, config.name)) ?? randomBytes(FENCE_SECRET_BYTES);
    const kept = await loadPhases(folder, owner, log);
    if (kept) routing.swap(kept);
    cold = await serve(secret);
    await role.administer(coldControl(controlOf(role, cold, reload)));
  };
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) {
    if (cold === undefined) await onCold();
    const side = cold!;
    return { control: controlOf(role, side, reload), addresses, stop: () => drainThenStop(side, stack) };
  }
  onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });
  const fenceSecret = await sharedSecret(store, 'fence secret');
  await keepFenceSecret(folder, config.name, fenceSecret, log);

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
  const side = cold ?? (await serve(fenceSecret));

  const keeper = startPhaseKeeper(folder, owner, log);
  stack.add('phase keeper', () => keeper.stop());
  const tellUnproven = unprovenTeller(log);
  const learn = (snapshot: RoutingSnapshot): void => {
    tellUnproven(unprovenHere(snapshot, config.features));
    routing.swap(provenOnly(snapshot, config.features));
    routing.heard();
    keeper.keep(snapshot);
  };
  learn(await createPhaseStore(store).snapshot());
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
