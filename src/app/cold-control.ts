import type { FigError } from '../kernel/fig-error.ts';
import type { FigControl } from './control.ts';
import { storeSilent } from './starting/reach-store.ts';

/** A control whose answers come from whoever is in office: at first, without the store, from one that can do little. */
export function standIn(inOffice: () => FigControl): FigControl {
  return {
    status: () => inOffice().status(),
    report: (feature) => inOffice().report(feature),
    promote: (feature, request) => inOffice().promote(feature, request),
    rollback: (feature, request) => inOffice().rollback(feature, request),
    reconcile: (feature, request, tools) => inOffice().reconcile(feature, request, tools),
    killSwitch: (order) => inOffice().killSwitch(order),
    deadLetters: () => inOffice().deadLetters(),
    readModels: () => inOffice().readModels(),
    quarantine: () => inOffice().quarantine(),
    verifyModel: (feature, request) => inOffice().verifyModel(feature, request),
    tail: (request, reader) => inOffice().tail(request, reader),
    metrics: () => inOffice().metrics(),
    reload: () => inOffice().reload(),
    readiness: () => inOffice().readiness(),
  };
}

/** What every process can be asked. */
export type LimitedControl = Pick<FigControl, 'status' | 'metrics' | 'killSwitch' | 'reload' | 'readiness'> &
  Partial<Pick<FigControl, 'tail'>>;

/** What can be said and done while the store is of no use, of which `trouble` tells why: everything is with legacy anyway. */
export function coldControl(able: LimitedControl, trouble: () => FigError = storeSilent): FigControl {
  const cold: LimitedControl = {
    ...able,
    status: async () => ({ ...(await able.status()), storeError: trouble().message }),
    readiness: () => {
      const readiness = able.readiness();
      return readiness.state === 'down' ? { ...readiness, reason: trouble().message } : readiness;
    },
  };
  return limitedControl(cold, trouble);
}

/** A control that refuses everything else. */
export function limitedControl(able: LimitedControl, refusal: () => FigError | Promise<FigError>): FigControl {
  const refuse = async (): Promise<never> => {
    throw await refusal();
  };
  const deadLetters = { list: refuse, find: refuse, retry: refuse, discard: refuse };
  const readModels = { list: refuse, swap: refuse, back: refuse, drop: refuse };
  return {
    tail: refuse,
    ...able,
    report: refuse,
    promote: refuse,
    rollback: refuse,
    reconcile: refuse,
    verifyModel: refuse,
    deadLetters: () => deadLetters,
    readModels: () => readModels,
    quarantine: () => ({ list: refuse, lift: refuse }),
  };
}
