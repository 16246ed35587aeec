import type { FigError } from '../../kernel/fig-error.ts';
import { sleep } from '../../kernel/service.ts';
import { raiseSetting } from '../../store/setting-store.ts';
import { openTarget, targetConnections } from '../../sync/open-target.ts';
import { coldControl } from '../cold-control.ts';
import type { ReloadOutcome } from '../control.ts';
import { sharedDigest } from '../live-config.ts';
import { MigrationControl } from '../migration-control.ts';
import type { ProxySide } from '../proxy-side.ts';
import { reachStore } from '../reach-store.ts';
import { refreshMetrics } from '../refresh-metrics.ts';
import type { RunningFig } from '../running-fig.ts';
import { type ServiceStack, startOnStack } from '../service-stack.ts';
import { startDeciding } from '../start-deciding.ts';
import type { StartOptions } from '../start-options.ts';
import { openTail } from '../tail/open-tail.ts';
import { transportOf } from '../transport/see-transport.ts';
import { hearCapture } from './heard-capture.ts';
import { openRole, roleControl, WorkReadiness, type Role } from './open-role.ts';
import { OtherProcesses } from './other-processes.ts';
import { ProcessPresence, reloadOrderSetting } from './process-presence.ts';
import { reconcileElsewhere } from './reconcile-by-order.ts';
import { sumViews } from './sum-views.ts';

const RELOAD_BUDGET_MS = 5_000;
const RELOAD_LOOK_MS = 200;

/**
 * Decides about a migration: gates, phases, audit, retention, comparisons with legacy; and answers the commands and the status page.
 * Users are served without it. Throws FIG_CONFIG_*, FIG_STORE_NEWER, FIG_PORT_IN_USE.
 */
export function runControl(options: StartOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: StartOptions, stack: ServiceStack): Promise<RunningFig> {
  const { version, log, onProgress, signal } = options;
  const role = await openRole('control', options, stack);
  const { config, live, store, storeUrl, metrics, routing, killSwitch } = role;
  const readiness = new WorkReadiness(() => 'it decides and answers');
  const reloadHere = (): Promise<ReloadOutcome> => live.reload({ reconfigure: () => undefined });
  const coldly = roleControl(role, { reload: reloadHere, readiness: readiness.current });
  const stop = (): Promise<void> => {
    readiness.end();
    return stack.stop();
  };
  const onCold = (trouble?: () => FigError): Promise<void> => role.administer(coldControl(coldly, trouble));
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) {
    await onCold();
    return { control: coldly, addresses: role.addresses, stop };
  }
  onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });

  const configDigest = (): string => sharedDigest(live.current);
  const others = new OtherProcesses({ store, migration: config.name, version, configDigest, log });
  stack.add('processes', () => others.stop());
  const target = openTarget(storeUrl, targetConnections(1));
  stack.add('target', () => target.destroy());
  const heard = hearCapture({
    config,
    storeUrl,
    onPosition: () => undefined,
    onParked: () => undefined,
    toldCapture: () => others.captureOf(heard.holders()),
    reconcile: reconcileElsewhere(store),
    log,
  });
  stack.add('read model watch', () => heard.service.stop());
  const { capture, simple } = heard;

  const deciding = await startDeciding(role, { capture, simple, log }, stack);
  const control = new MigrationControl({
    ...deciding,
    config,
    version,
    startedAt: role.startedAt,
    addresses: addressesOf(role, others),
    target,
    side: proxiesElsewhere(others, readiness),
    reload: () => reloadAll(role, others, reloadHere),
    metrics,
    killSwitch,
    processes: () => others.reports(),
    transport: transportOf(config, store),
    tail: openTail({ config, store, tap: undefined, askElsewhere: () => whoApplies(others), log }),
    routing: routing.current,
  });
  refreshMetrics(metrics, control, undefined);
  const presence = new ProcessPresence({
    store,
    migration: config.name,
    role: role.role,
    version,
    configDigest,
    addresses: role.addresses,
    startedAt: role.startedAt,
    told: () => Promise.resolve({ readiness: readiness.current() }),
    reload: reloadHere,
    log,
  });
  stack.add('presence', () => presence.stop());
  readiness.begin();
  await role.administer(control);
  presence.start();
  return { control, addresses: role.addresses, stop };
}

/** Where users are served now, in place of where this process would. */
function addressesOf({ addresses }: Role, others: OtherProcesses): Role['addresses'] {
  return {
    legacy: addresses.legacy,
    get proxy() {
      return others.addresses() || 'none';
    },
    get admin() {
      return addresses.admin;
    },
  };
}

/** Where `fig events tail` is answered, for the end of a sentence. */
function whoApplies(others: OtherProcesses): string {
  const found = others.reports().filter(({ role, state }) => ['sync', 'project'].includes(role) && state !== 'gone');
  const where = found.map(({ host, admin }) => `--admin ${admin ?? 'unknown'} (on ${host})`);
  return where.length === 0 ? '' : `: ask it there, ${where.join(', or ')}`;
}

/** The proxies, which are other processes, as one. */
function proxiesElsewhere(others: OtherProcesses, readiness: WorkReadiness): ProxySide {
  return {
    url: '',
    view: () => Promise.resolve(sumViews(others.views())),
    // Each process has metrics of its own, for Prometheus to add up.
    otherMetrics: () => Promise.resolve([]),
    readiness: readiness.current,
    reloadCertificates: () => undefined,
    stop: () => Promise.resolve(),
  };
}

/** Here first: what is refused here, is not asked of the others. */
async function reloadAll(
  { store }: Role,
  others: OtherProcesses,
  reloadHere: () => Promise<ReloadOutcome>,
): Promise<ReloadOutcome> {
  const { changed } = await reloadHere();
  const order = await raiseSetting(store, reloadOrderSetting);
  for (const deadline = Date.now() + RELOAD_BUDGET_MS; ;) {
    await others.look();
    const elsewhere = others.reloads(order);
    if (elsewhere.every(({ state }) => state !== 'silent') || Date.now() > deadline) return { changed, elsewhere };
    await sleep(RELOAD_LOOK_MS);
  }
}
