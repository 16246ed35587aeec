import type { DropOrder, ReadModelDesk, SwapOrder, VersionOrder, VersionReport } from '../../src/app/control.ts';
import { FigError } from '../../src/kernel/fig-error.ts';

export const servingVersion: VersionReport = {
  feature: 'orders',
  name: 'order_summary',
  version: 1,
  state: 'ready',
  progress: 1,
  rows: undefined,
  deadLetters: 0,
  error: undefined,
  serves: true,
  declared: true,
  since: '2026-01-01T00:00:00.000Z',
  who: 'ada',
  position: '0/4A1C2F8',
  lagSeconds: 0.04,
};

export const waitingVersion: VersionReport = {
  ...servingVersion,
  version: 2,
  serves: false,
  since: undefined,
  who: undefined,
  deadLetters: 3,
  comparisons: { match: 350, mismatch: 4, stale: 0, raced: 0, undetermined: 0, error: 0, skipped: 0 },
  gate: { result: 'FAIL', reason: '4 of 354 answers differ (1.13 %, limit 0.1 %)', progress: 0, remaining: undefined },
};

export interface SampleVersions extends ReadModelDesk {
  readonly orders: ({ readonly feature: string } & (SwapOrder | VersionOrder | DropOrder))[];
}

/** Two versions of one read model, the newer of which is not proven, and one that is left over. */
export function sampleVersions(): SampleVersions {
  const orders: SampleVersions['orders'] = [];
  const left: VersionReport = { ...servingVersion, version: 7, serves: false, declared: false, position: undefined };
  return {
    orders,
    list: async () => ({ readModels: [servingVersion, waitingVersion, left] }),
    swap: async (feature, order) => {
      orders.push({ feature, ...order });
      const moved = order.force === true;
      const from = 'order_summary v1';
      return {
        feature,
        moved,
        from,
        to: moved ? 'order_summary v2' : from,
        gate: 'FAIL',
        reason: waitingVersion.gate!.reason,
      };
    },
    back: async (feature, order) => {
      orders.push({ feature, ...order });
      const reason = order.why ?? 'somebody wanted it back';
      return { feature, moved: true, from: 'order_summary v2', to: 'order_summary v1', gate: undefined, reason };
    },
    drop: async (feature, order) => {
      if (order.version !== 7) throw new FigError('FIG_VERSION_IN_USE', `${feature}@${order.version} serves`);
      orders.push({ feature, ...order });
      return { feature, readModel: 'order_summary', version: 7 };
    },
  };
}
