import type { VerificationReport } from '../../src/app/control.ts';

/** A read model that is as it should be. */
export const sampleVerification: VerificationReport = {
  feature: 'orders',
  readModel: 'order_summary',
  position: '0/4A1C2F8',
  checked: 0,
  parked: 0,
  differences: [],
  failed: [],
};
