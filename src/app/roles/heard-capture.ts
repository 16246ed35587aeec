import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { isCaptured } from '../../config/read-model-kinds.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { startReadModelWatch } from '../../store/read-model-watch.ts';
import type { CaptureFigures, CaptureView, SimpleView } from '../following/capture-view.ts';
import { HeardReadModels } from './heard-read-models.ts';
import { noLetters } from '../../sync/capture/read-model-letters.ts';

/** Several times in a lease. */
const TICK_MS = 100;

/** What the process that captures says of that. */
export type ToldCapture = CaptureFigures & { readonly failure: string | undefined };

const nothingYet: CaptureFigures = {
  state: 'starting',
  received: undefined,
  applied: undefined,
  acknowledged: undefined,
  lag: undefined,
  spooledBytes: 0,
  error: undefined,
};

export interface HearCaptureOptions {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  /** Told the position of a version, by its key. */
  readonly onPosition: (key: string, position: Position | undefined) => void;
  readonly onParked: (key: string, parkings: number) => void;
  /** What the process that captures says of it; undefined: none is known. */
  readonly toldCapture?: (() => ToldCapture | undefined) | undefined;
  /** Has a comparison with legacy done by the process that captures. */
  readonly reconcile?: CaptureView['reconcile'] | undefined;
  readonly log: Log;
}

/** The read models, kept in step by another process. */
export interface HeardCapture {
  /** Undefined: no read model is captured. */
  readonly capture: CaptureView | undefined;
  readonly simple: SimpleView;
  sourceLog(): string | undefined;
  /** The processes that keep the read models in step; none while none is known to. */
  holders(): ReadonlySet<string>;
  readonly service: Service;
}

/** Names of all read models as they are told of: that of the projection, or their own where they are not captured. */
export function readModelsOf({ features }: NormalizedConfig): readonly string[] {
  const names = allVersions(features).flatMap(({ readModel }) => {
    if (readModel === undefined) return [];
    return isCaptured(readModel) ? readModelNames(readModel).projection : readModel.name;
  });
  return [...new Set(names)];
}

/** Follows what another process tells of the read models. */
export function hearCapture(options: HearCaptureOptions): HeardCapture {
  const { config, storeUrl, log } = options;
  const keysOf = new Map<string, string[]>();
  const captured = new Set<string>();
  for (const { key, readModel } of allVersions(config.features)) {
    if (readModel === undefined) continue;
    const name = isCaptured(readModel) ? readModelNames(readModel).projection : readModel.name;
    if (isCaptured(readModel)) captured.add(name);
    keysOf.set(name, [...(keysOf.get(name) ?? []), key]);
  }
  const names = [...keysOf.keys()];
  const heard = new HeardReadModels(names, {
    onPosition: (name, position) => keysOf.get(name)?.forEach((key) => options.onPosition(key, position)),
    onParked: (name, parkings) => keysOf.get(name)?.forEach((key) => options.onParked(key, parkings)),
  });
  const watch = startReadModelWatch({
    storeUrl,
    onStates: (states, askedAt) => heard.hearStates(states, askedAt),
    onNotice: (notice) => heard.hearNotice(notice),
    log,
  });
  const expiry = startLoop({
    name: 'read model expiry',
    turn: () => {
      heard.tick();
      return Promise.resolve(TICK_MS);
    },
    onError: () => undefined,
  });
  return {
    capture: captured.size === 0 ? undefined : viewOf(heard, [...captured], options),
    simple: {
      of: (name) => {
        const applied = captured.has(name) ? undefined : heard.applied(name);
        return (
          applied && {
            applied,
            progress: () => heard.figures(name)?.progress ?? unknown(heard, name),
            lagSeconds: () => heard.lagSeconds(name),
            report: () => heard.figures(name)?.batch,
            letters: () => heard.letters(name) ?? noLetters,
          }
        );
      },
    },
    sourceLog: () => heard.sourceLog(),
    holders: () => new Set(names.flatMap((name) => heard.processOf(name) ?? [])),
    service: {
      name: watch.name,
      stop: async () => {
        await Promise.all([watch.stop(), expiry.stop()]);
      },
    },
  };
}

function viewOf(heard: HeardReadModels, readModels: readonly string[], options: HearCaptureOptions): CaptureView {
  const { toldCapture = () => undefined } = options;
  return {
    readModels,
    get failure() {
      return toldCapture()?.failure;
    },
    applied: (name) => heard.applied(name),
    progressOf: (name) => heard.figures(name)?.progress ?? unknown(heard, name),
    lettersOf: (name) => heard.letters(name) ?? noLetters,
    lagSecondsOf: (name) => heard.lagSeconds(name),
    heldFor: (name) => heard.figures(name)?.heldBytes ?? 0,
    status: () => toldCapture() ?? nothingYet,
    reconcile: options.reconcile ?? refuse,
  };
}

function unknown(heard: HeardReadModels, name: string): ReturnType<CaptureView['progressOf']> {
  const wasHeard = heard.letters(name) !== undefined;
  const error = wasHeard ? 'no process keeps it in step: is `fig sync` running?' : undefined;
  return { state: 'waiting', progress: 0, error };
}

function refuse(): Promise<never> {
  return Promise.reject(new FigError('FIG_RECONCILE_REFUSED', 'this process does not compare read models with legacy'));
}
