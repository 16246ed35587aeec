import { randomBytes } from 'node:crypto';
import { redactorFor } from '../../../shadow/pairs/keep-rules.ts';
import { sampled } from '../../../shadow/sampled-sink.ts';
import type { ShadowStats } from '../../../shadow/shadow-feed.ts';
import type { Candidate } from '../../kernel/candidate.ts';
import type { AppliedPosition, SourcePosition } from '../../kernel/position.ts';
import { allVersions } from '../../config/feature-versions.ts';
import { isLanding } from '../../config/settled-writes.ts';
import { createCandidates } from './candidates.ts';
import type { LateParts } from './late-parts.ts';
import { comparable } from '../shadowing/comparable-sink.ts';
import { parkedReads } from './parked-reads.ts';
import type { FeatureLetters } from '../following/read-model-view.ts';
import { watchWrites } from '../shadowing/watch-writes.ts';
import { VersionBook } from '../versions/version-book.ts';
import { withQuietFailures } from './quiet-failures.ts';
import { startShadow, type StartShadowOptions } from '../shadowing/start-shadow.ts';

export interface CandidateSideOptions extends StartShadowOptions {
  readonly readModels: {
    applied(key: string): AppliedPosition | undefined;
    isReady(key: string): boolean;
    letters(key: string): FeatureLetters;
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
  const candidates = createCandidates(allVersions(config.features), {
    target: storeUrl,
    legacy: config.legacy.database,
  });
  try {
    const feed = await startShadow(options);
    const versions = new VersionBook(config.features);
    const isParked = parkedReads(versions, (key) => readModels.letters(key));
    const compared = comparable(feed, {
      versionsOf: (feature) => versions.of(feature),
      isReady: (key) => readModels.isReady(key),
      isParked,
      parkings: (key) => readModels.letters(key).parkings,
    });
    const samples = new Map(config.features.map(({ name, shadow }) => [name, shadow.sample]));
    const sink = sampled(compared, { samples });
    const writes =
      // Transactions of the database it lands in are fig's own.
      config.legacy.database === undefined || isLanding(config)
        ? undefined
        : watchWrites({
            url: config.legacy.database,
            storeUrl,
            harmless: (name) => config.features.find((feature) => feature.name === name)?.shadow.harmlessWrites ?? [],
            log: options.log,
          });
    const stats = (): ShadowStats => ({ ...feed.stats(), sample: sink.sample() });
    metrics.beforeText(() => metrics.shadow(stats()));
    const logKey = randomBytes(32);
    const quiet = new Map<string, Candidate>();
    for (const { key, compare } of allVersions(config.features)) {
      const candidate = candidates.candidate(key);
      if (candidate) quiet.set(key, withQuietFailures(candidate, redactorFor(logKey, compare)));
    }
    late.provide({
      candidate: (feature, version) => {
        const key = versions.keyOf(feature, version);
        return key === undefined ? undefined : quiet.get(key);
      },
      applied: (feature, version) => {
        const key = versions.keyOf(feature, version);
        return key === undefined ? undefined : readModels.applied(key);
      },
      source,
      sourceLog,
      isParked,
      sink: writes?.over(sink) ?? sink,
      traffic: writes,
    });
    return {
      stats,
      close: async () => {
        await writes?.stop();
        await feed.stop();
        await candidates[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await candidates[Symbol.asyncDispose]();
    throw error;
  }
}
