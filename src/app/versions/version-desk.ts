import { type FeatureVersion, versionKey } from '../../config/feature-versions.ts';
import { decideSwap } from '../../cutover/decide-swap.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { sleep } from '../../kernel/service.ts';
import { dropVersion, storedVersions } from '../../store/drop-version.ts';
import { ProjectionStore } from '../../store/projection-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { swapServingVersion, type SwapResult, type VersionSwap } from '../../store/serving-version-store.ts';
import type {
  DropOrder,
  DropOutcome,
  ReadModelDesk,
  SwapOrder,
  VersionOrder,
  VersionReport,
  TransitionOutcome,
} from '../control.ts';
import { reportVersions, type VersionReportParts } from './version-report.ts';

/** For how long the new version may lag behind the one that serves before a swap is given up. */
const CATCH_UP_MS = 5_000;
const CATCH_UP_STEP_MS = 250;
const REST_MS = 25;
const KNOWN_WITHIN_MS = 2_000;

export interface VersionDeskParts extends VersionReportParts {
  /** Names of all features of the config. */
  readonly features: readonly string[];
  readonly signal: AbortSignal;
}

/** The versions of all features, as the front ends ask for them. */
export class VersionDesk implements ReadModelDesk {
  readonly #parts: VersionDeskParts;

  constructor(parts: VersionDeskParts) {
    this.#parts = parts;
  }

  /** The declared versions of a feature, the one that serves first. */
  of(feature: string): Promise<readonly VersionReport[]> {
    return reportVersions(this.#parts, feature);
  }

  async list(): Promise<{ readonly readModels: readonly VersionReport[] }> {
    const lists = await Promise.all(
      this.#parts.features.map(async (feature) => [
        ...(await reportVersions(this.#parts, feature)),
        ...(await this.#undeclared(feature)),
      ]),
    );
    return { readModels: lists.flat() };
  }

  async swap(feature: string, { who, why = '', force = false }: SwapOrder): Promise<TransitionOutcome> {
    if (force && why.trim() === '') {
      throw new FigError('FIG_WHY_REQUIRED', `a forced swap of the read model of ${feature} must say why`);
    }
    const { versions, waiting } = this.#parts;
    const from = versions.serving(feature);
    const to = versions.waiting(feature);
    if (!to) return stay(from, `${feature} has no other version: declare the one that serves as its previous one`);
    if (to.version! < from.version!) return stay(from, `${labelOf(from)} serves already`);
    const reading = await waiting.read(feature);
    const decision = decideSwap({ health: reading.health, gate: reading.decision, force });
    if (decision.kind === 'refuse') return stay(from, decision.reason, decision.gate);
    const { verdicts, critical } = reading.evidence ?? {};
    const result = await this.#flip(from, to, {
      expectedRevision: reading.row.revision,
      action: decision.isForced ? 'force-swap-version' : 'swap-version',
      who,
      why: why.trim() === '' ? decision.reason : why.trim(),
      gate: decision.gate,
      evidence: {
        reason: decision.reason,
        blockers: reading.decision.blockers,
        health: reading.health,
        verdicts,
        critical,
      },
    });
    if (result.kind === 'behind') {
      return stay(from, `${labelOf(to)} has not applied yet what ${labelOf(from)} shows`, 'INCONCLUSIVE');
    }
    if (result.kind === 'not-ready') return stay(from, `${labelOf(to)} is not ready`, 'INCONCLUSIVE');
    if (result.kind === 'overtaken')
      return stay(from, `${feature} was moved by somebody else meanwhile`, decision.gate);
    const passedOver = decision.isForced ? `${why.trim()} (passed over: ${decision.reason})` : decision.reason;
    return { ...stay(from, passedOver, decision.gate), moved: true, to: labelOf(to) };
  }

  async back(feature: string, { who, why = '' }: VersionOrder): Promise<TransitionOutcome> {
    const { versions } = this.#parts;
    const from = versions.serving(feature);
    const to = versions.waiting(feature);
    if (!to) return stay(from, `${feature} has no other version to go back to`);
    if (to.version! > from.version!) return stay(from, `${labelOf(from)} serves already`);
    const reason = why.trim() === '' ? 'somebody wanted it back' : why.trim();
    const order = { expectedRevision: undefined, action: 'swap-version-back', who, why: reason } as const;
    const result = await this.#flip(from, to, order);
    if (result.kind !== 'swapped') return stay(from, `${feature} was moved by somebody else meanwhile`);
    return { ...stay(from, reason), moved: true, to: labelOf(to) };
  }

  async drop(feature: string, { version, who, why = '' }: DropOrder): Promise<DropOutcome> {
    const { versions, store } = this.#parts;
    const name = versions.serving(feature).readModel?.name;
    const key = versionKey(feature, version);
    if (name === undefined) throw new FigError('FIG_UNKNOWN_VERSION', `${feature} has no read model of its own`);
    if (this.#isDeclared(name, version)) {
      throw new FigError('FIG_VERSION_IN_USE', `${key} is declared in the config, which would have it made again`);
    }
    const reason = why.trim() === '' ? 'it is not declared any more' : why.trim();
    const result = await dropVersion(store, { feature, name, version, who, why: reason });
    if (result === 'serves') throw new FigError('FIG_VERSION_IN_USE', `${key} serves`);
    if (result === 'unknown') throw new FigError('FIG_UNKNOWN_VERSION', `there is no version ${version} of ${name}`);
    return { feature, readModel: name, version };
  }

  /** Versions that stand still, because nothing declares them any more. */
  async #undeclared(feature: string): Promise<readonly VersionReport[]> {
    const { versions, store } = this.#parts;
    const declared = versions.of(feature);
    const name = declared[0]!.readModel?.name;
    if (name === undefined || declared[0]!.version === undefined) return [];
    const left = (await storedVersions(store, name)).filter((each) => !this.#isDeclared(name, each));
    return Promise.all(left.map((version) => this.#reportLeft(feature, name, version)));
  }

  /** By any feature: two may answer from one read model. */
  #isDeclared(name: string, version: number): boolean {
    const { features, versions } = this.#parts;
    return features
      .flatMap((each) => versions.of(each))
      .some(({ readModel }) => readModel?.name === name && readModel.version === version);
  }

  async #reportLeft(feature: string, name: string, version: number): Promise<VersionReport> {
    const row = await new ProjectionStore().find(this.#parts.store, readModelNames({ name, version }).projection);
    return {
      feature,
      name,
      version,
      state: row?.state ?? 'waiting',
      progress: row?.state === 'ready' ? 1 : 0,
      rows: undefined,
      error: undefined,
      serves: false,
      declared: false,
      position: undefined,
      lagSeconds: undefined,
    };
  }

  /** The new version applies what the old one has applied a moment later, so it is waited for, but not for long. */
  async #flip(
    from: FeatureVersion,
    to: FeatureVersion,
    order: Omit<VersionSwap, 'feature' | 'from' | 'to'>,
  ): Promise<SwapResult> {
    const { store, capture, signal } = this.#parts;
    const [before, after] = [from, to].map(({ readModel }) => readModelNames(readModel!).projection);
    const swap: VersionSwap = {
      feature: from.name,
      from: { version: from.version!, projection: before! },
      to: { version: to.version!, projection: after!, fingerprint: to.fingerprint },
      ...order,
    };
    for (const deadline = machineNow() + CATCH_UP_MS; ;) {
      const result = await swapServingVersion(store, swap);
      if (result.kind === 'swapped') await this.#untilKnown(to);
      if (result.kind !== 'behind' || machineNow() > deadline || signal.aborted) return result;
      // What is told here need not be what is stored: without a rest the transaction would be repeated as fast as it goes.
      const applied = capture?.applied(after!)?.waitFor(result.wanted, CATCH_UP_STEP_MS);
      await Promise.all([applied, sleep(REST_MS, signal)]);
    }
  }

  /** What is asked next, here or by the caller, must find that version serving. Its notice is on the way. */
  async #untilKnown({ name, key }: FeatureVersion): Promise<void> {
    const { versions, signal } = this.#parts;
    for (const deadline = machineNow() + KNOWN_WITHIN_MS; machineNow() < deadline && !signal.aborted;) {
      if (versions.serving(name).key === key) return;
      await sleep(5, signal);
    }
  }
}

function stay(from: FeatureVersion, reason: string, gate?: TransitionOutcome['gate']): TransitionOutcome {
  return { feature: from.name, moved: false, from: labelOf(from), to: labelOf(from), gate, reason };
}

/** `order_summary v2` */
function labelOf({ name, readModel }: FeatureVersion): string {
  return readModel ? `${readModel.name} v${readModel.version}` : name;
}
