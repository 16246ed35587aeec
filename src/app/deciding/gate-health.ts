import type { NormalizedFeature } from '../../config/normalized-config.ts';
import type { GateHealth } from '../../cutover/decide-gate.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import type { BatchReport } from '../../sync/batch/batch-read-model.ts';
import type { TopicReport } from '../../sync/kafka/domain-events/topic-read-model.ts';
import type { CaptureView, SimpleView } from '../following/capture-view.ts';
import type { BatchStatus, ReadModelStatus, TopicsStatus } from '../control.ts';
import type { SimpleReadModel } from '../following/simple-read-models.ts';

/** What the gate may know of a feature's read model. */
export function gateHealth(
  feature: Pick<NormalizedFeature, 'readModel'>,
  capture: CaptureView | undefined,
  simple: SimpleView,
): GateHealth {
  if (!feature.readModel) return { readModelReady: true, lagSeconds: 0 };
  const kept = simple.of(feature.readModel.name);
  if (kept) return simpleHealth(feature.readModel.name, kept);
  const { projection: captured } = readModelNames(feature.readModel);
  if (!capture) return { readModelReady: false, readModelReason: 'capture is not running', lagSeconds: undefined };
  const { state, progress, error } = capture.progressOf(captured);
  const captureError = capture.failure;
  return {
    readModelReady: state === 'ready',
    ...(state !== 'ready' && { readModelReason: describeState(feature.readModel.name, state, progress, error) }),
    lagSeconds: capture.lagSecondsOf(captured),
    ...(captureError !== undefined && { captureError }),
    deadLetters: capture.lettersOf(captured).count,
  };
}

function simpleHealth(name: string, kept: SimpleReadModel): GateHealth {
  const { state, progress, error } = kept.progress();
  return {
    readModelReady: state === 'ready',
    ...(state !== 'ready' && { readModelReason: describeState(name, state, progress, error) }),
    lagSeconds: kept.lagSeconds(),
    ...(kept.letters && { deadLetters: kept.letters().count }),
  };
}

export function readModelStatus(
  feature: Pick<NormalizedFeature, 'readModel'>,
  capture: CaptureView | undefined,
  simple: SimpleView,
): ReadModelStatus | undefined {
  if (!feature.readModel) return undefined;
  const { name, version } = feature.readModel;
  const kept = simple.of(name);
  if (kept) {
    const report = kept.report();
    const batch = report && { batch: batchStatus(report) };
    const topics = kept.topics && { topics: topicsStatus(kept.topics(), kept.lagSeconds()) };
    const letters = kept.letters && { deadLetters: kept.letters().count };
    return { name, version, rows: report?.rows, ...letters, ...kept.progress(), ...batch, ...topics };
  }
  const { projection } = readModelNames(feature.readModel);
  const known = capture?.progressOf(projection) ?? { state: 'waiting' as const, progress: 0, error: undefined };
  return { name, version, rows: undefined, deadLetters: capture?.lettersOf(projection).count ?? 0, ...known };
}

function batchStatus({ loadedFrom, nextAt, loadingSince, failures }: BatchReport): BatchStatus {
  return { loadedFrom: isoTime(loadedFrom), nextAt: isoTime(nextAt), loadingSince: isoTime(loadingSince), failures };
}

function topicsStatus({ behind, repeats, isOwner }: TopicReport, lagSeconds: number | undefined): TopicsStatus {
  return { behind, lagSeconds, repeats, isOwner };
}

function isoTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
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
