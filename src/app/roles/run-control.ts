import { machineNow } from '../../kernel/machine-time.ts';
import { sleep } from '../../kernel/service.ts';
import { raiseSetting } from '../../store/setting-store.ts';
import { openTarget, targetConnections } from '../../sync/open-target.ts';
import type { ReloadOutcome } from '../control.ts';
import { sharedDigest } from '../starting/live-config.ts';
import { MigrationControl } from '../migration-control.ts';
import type { ProxySide } from '../serving/proxy-side.ts';
import { refreshMetrics } from '../refresh-metrics.ts';
import type { RunningFig } from '../starting/running-fig.ts';
import { type ServiceStack, startOnStack } from '../starting/service-stack.ts';
import { startDeciding } from '../deciding/start-deciding.ts';
import type { StartOptions } from '../starting/start-options.ts';
import { eventsOf } from '../events/see-events.ts';
import { openTail } from '../tail/open-tail.ts';
import { transportOf } from '../transport/see-transport.ts';
import { beginRole } from './begin-role.ts';
import { hearCapture } from './heard-capture.ts';
import type { Role, WorkReadiness } from './open-role.ts';
import { OtherProcesses } from './other-processes.ts';
import { reloadOrderSetting } from './process-presence.ts';
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
  const { version, log } = options;
  const begun = await beginRole({ role: 'control', reason: () => 'it decides and answers' }, options, stack);
  if (!begun.isReached) return begun.running;
  const { role, readiness } = begun;
  const { config, live, store, storeUrl, metrics, routing, killSwitch } = role;

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
    reload: () => reloadAll(role, others, begun.reload),
    metrics,
    killSwitch,
    processes: () => others.reports(),
    transport: transportOf(config, store),
    events: eventsOf(config, store),
    tail: openTail({ config, store, tap: undefined, askElsewhere: () => whoApplies(others), log }),
    routing: routing.current,
  });
  refreshMetrics(metrics, control, undefined);
  await begun.open(control, begun.addPresence({ configDigest }));
  return { ...begun.running, control };
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
  for (const deadline = machineNow() + RELOAD_BUDGET_MS; ;) {
    await others.look();
    const elsewhere = others.reloads(order);
    if (elsewhere.every(({ state }) => state !== 'silent') || machineNow() > deadline) return { changed, elsewhere };
    await sleep(RELOAD_LOOK_MS);
  }
}
