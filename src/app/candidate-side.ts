import type { ShadowStats } from '../../shadow/shadow-feed.ts';
import type { AppliedPosition, SourcePosition } from '../kernel/position.ts';
import { createCandidates } from './candidates.ts';
import type { LateParts } from './late-parts.ts';
import { comparable } from './comparable-sink.ts';
import { parkedReads } from './parked-reads.ts';
import type { FeatureLetters } from './read-model-view.ts';
import { startShadow, type StartShadowOptions } from './start-shadow.ts';

export interface CandidateSideOptions extends StartShadowOptions {
  readonly readModels: {
    applied(feature: string): AppliedPosition | undefined;
    isReady(feature: string): boolean;
    letters(feature: string): FeatureLetters;
  };
  readonly source: SourcePosition | undefined;
  readonly sourceLog: () => string | undefined;
}

/** What stands behind a proxy besides legacy: candidates to ask, and a shadow that compares. */
export interface CandidateSide {
  stats(): ShadowStats;
  close(): Promise<void>;
}

/** Starts both and lets the proxy have them. */
export async function startCandidateSide(late: LateParts, options: CandidateSideOptions): Promise<CandidateSide> {
  const { config, storeUrl, metrics, readModels, source, sourceLog } = options;
  const candidates = createCandidates(config.features, { target: storeUrl, legacy: config.legacy.database });
  try {
    const feed = await startShadow(options);
    metrics.beforeText(() => metrics.shadow(feed.stats()));
    const isParked = parkedReads(config.features, (feature) => readModels.letters(feature).parked);
    late.provide({
      candidates,
      applied: (feature) => readModels.applied(feature),
      source,
      sourceLog,
      isParked,
      sink: comparable(feed, {
        isReady: (feature) => readModels.isReady(feature),
        isParked,
        parkings: (feature) => readModels.letters(feature).parkings,
      }),
    });
    return {
      stats: () => feed.stats(),
      close: async () => {
        await feed.stop();
        await candidates[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await candidates[Symbol.asyncDispose]();
    throw error;
  }
}
