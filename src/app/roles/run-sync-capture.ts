import { randomUUID } from 'node:crypto';
import { openTarget, targetConnections } from '../../sync/open-target.ts';
import { refreshMetrics } from '../refresh-metrics.ts';
import type { RunningFig } from '../starting/running-fig.ts';
import { type ServiceStack, startOnStack } from '../starting/service-stack.ts';
import { startLeader } from '../following/start-leader.ts';
import { seeTransport } from '../transport/see-transport.ts';
import type { StartOptions } from '../starting/start-options.ts';
import { beginRole } from './begin-role.ts';
import { checkPart } from './sync-part.ts';

/**
 * Writes the changes of the legacy database to the topic, and applies none. A second one waits until the first is gone or
 * stands still. Throws FIG_CONFIG_*, FIG_STORE_NEWER.
 */
export function runSyncCapture(options: StartOptions): Promise<RunningFig> {
  return startOnStack(options.log, (stack) => start(options, stack));
}

async function start(options: StartOptions, stack: ServiceStack): Promise<RunningFig> {
  const { log } = options;
  let leader: ReturnType<typeof startLeader>;
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
  const begun = await beginRole(
    { role: 'capture', check: ({ events }) => checkPart('capture', events), reason: reasonOf },
    options,
    stack,
  );
  if (!begun.isReached) return begun.running;
  const { config, store, storeUrl, metrics } = begun.role;

  const process = randomUUID();
  const target = openTarget(storeUrl, targetConnections(1));
  stack.add('target', () => target.destroy());
  leader = startLeader({ config, storeUrl, process, target, log });
  const leading = leader;
  if (leading) stack.add('leader', () => leading.stop());
  seeTransport({ process, config, store, leader, reading: undefined, capture: undefined, metrics, log }, stack);
  const presence = begun.addPresence({ id: process });
  refreshMetrics(metrics, begun.control, undefined);
  await begun.open(begun.control, presence);
  return begun.running;
}
