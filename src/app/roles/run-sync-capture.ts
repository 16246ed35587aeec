import { randomUUID } from 'node:crypto';
import type { FigError } from '../../kernel/fig-error.ts';
import { openTarget, targetConnections } from '../../sync/open-target.ts';
import { coldControl } from '../cold-control.ts';
import { sharedDigest } from '../live-config.ts';
import { reachStore } from '../reach-store.ts';
import { refreshMetrics } from '../refresh-metrics.ts';
import type { RunningFig } from '../running-fig.ts';
import { type ServiceStack, startOnStack } from '../service-stack.ts';
import { startLeader } from '../start-leader.ts';
import { seeTransport } from '../transport/see-transport.ts';
import type { StartOptions } from '../start-options.ts';
import { openRole, roleControl, WorkReadiness } from './open-role.ts';
import { ProcessPresence } from './process-presence.ts';
import { checkPart } from './sync-part.ts';

/**
 * Writes the changes of the legacy database to the topic, and applies none. A second one waits until the first is gone or
 * stands still. Throws FIG_CONFIG_*, FIG_STORE_NEWER.
 */
export function runSyncCapture(options: StartOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: StartOptions, stack: ServiceStack): Promise<RunningFig> {
  const { version, log, onProgress, signal } = options;
  const role = await openRole('capture', options, stack);
  const { config, live, store, storeUrl, metrics, addresses } = role;
  checkPart('capture', config.events);
  const reasonOf = (): string => {
    const { state, error = 'it is tried again' } = leader?.status() ?? { state: 'idle' };
    const reasons = {
      leading: 'it writes the changes to the topic',
      standby: 'another process writes the changes to the topic, or none does yet',
      failing: `no changes are written to the topic: ${error}`,
      idle: 'no read model is captured',
    } as const;
    return reasons[state];
  };
  const readiness = new WorkReadiness(reasonOf);
  const reload = (): ReturnType<typeof live.reload> => live.reload({ reconfigure: () => undefined });
  const control = roleControl(role, { reload, readiness: readiness.current });
  const stop = (): Promise<void> => {
    readiness.end();
    return stack.stop();
  };
  let leader: ReturnType<typeof startLeader>;
  const onCold = (trouble?: () => FigError): Promise<void> => role.administer(coldControl(control, trouble));
  const migrated = await reachStore({ store, onCold, signal, log });
  if (migrated === undefined) {
    await onCold();
    return { control, addresses, stop };
  }
  onProgress({ step: 'control store', state: 'done', detail: `${migrated.length} migrations run` });

  const process = randomUUID();
  const target = openTarget(storeUrl, targetConnections(1));
  stack.add('target', () => target.destroy());
  leader = startLeader({ config, storeUrl, process, target, log });
  const leading = leader;
  if (leading) stack.add('leader', () => leading.stop());
  seeTransport({ process, config, store, leader, reading: undefined, capture: undefined, metrics, log }, stack);
  const presence = new ProcessPresence({
    id: process,
    store,
    migration: config.name,
    role: role.role,
    version,
    configDigest: () => sharedDigest(live.current),
    addresses,
    startedAt: role.startedAt,
    told: () => Promise.resolve({ readiness: readiness.current() }),
    reload,
    log,
  });
  stack.add('presence', () => presence.stop());
  refreshMetrics(metrics, control, undefined);
  readiness.begin();
  await role.administer(control);
  presence.start();
  return { control, addresses, stop };
}
