import type { NormalizedFeature } from '../config/normalized-config.ts';
import type { GateHealth } from '../cutover/decide-gate.ts';
import type { Capture } from '../sync/capture.ts';
import type { ReadModelStatus } from './control.ts';

/** What the gate may know of a feature's read model. */
export function gateHealth(feature: NormalizedFeature, capture: Capture | undefined): GateHealth {
  if (!feature.readModel) return { readModelReady: true, lagSeconds: 0 };
  if (!capture) return { readModelReady: false, readModelReason: 'capture is not running', lagSeconds: undefined };
  const { state, progress, error } = capture.progressOf(feature.readModel.name);
  const captureError = capture.status().error;
  return {
    readModelReady: state === 'ready',
    ...(state !== 'ready' && { readModelReason: describeState(feature.readModel.name, state, progress, error) }),
    lagSeconds: capture.lagSecondsOf(feature.readModel.name),
    ...(captureError !== undefined && { captureError }),
    deadLetters: capture.lettersOf(feature.readModel.name).count,
  };
}

export function readModelStatus(feature: NormalizedFeature, capture: Capture | undefined): ReadModelStatus | undefined {
  if (!feature.readModel) return undefined;
  const { name, version } = feature.readModel;
  const known = capture?.progressOf(name) ?? { state: 'waiting' as const, progress: 0, error: undefined };
  return { name, version, rows: undefined, deadLetters: capture?.lettersOf(name).count ?? 0, ...known };
}

function describeState(name: string, state: string, progress: number, error: string | undefined): string {
  const percent = `${Math.floor(progress * 100)} %`;
  if (state === 'copying') return `the read model ${name} is being copied (${percent})`;
  if (state === 'building') return `the read model ${name} is being built (${percent})`;
  if (state === 'paused') return `the read model ${name} is ${error ?? 'out of use'}`;
  return error === undefined
    ? `the read model ${name} has not been started`
    : `the read model ${name} failed: ${error}`;
}
