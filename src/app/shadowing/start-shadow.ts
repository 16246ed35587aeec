import { type ShadowFeed, startShadowFeed } from '../../../shadow/shadow-feed.ts';
import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../observe/metrics.ts';

export interface StartShadowOptions {
  readonly config: NormalizedConfig;
  readonly configFile: string;
  readonly storeUrl: string;
  /** Applied positions of all versions, in memory that the shadow's thread shares. */
  readonly positions: SharedArrayBuffer;
  readonly maxPerSecond: number;
  /** Processes that share the bounds of features. Default 1. */
  readonly workers?: number | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Starts the shadow with a thread of its own. */
export function startShadow(options: StartShadowOptions): Promise<ShadowFeed> {
  const { config, configFile, storeUrl, positions, maxPerSecond, workers = 1, metrics, log } = options;
  // Worker threads cannot load TypeScript on Node 20, so from sources the compiled worker is used.
  const fromSource = import.meta.url.endsWith('.ts');
  const base = fromSource
    ? new URL('../../../dist/src/app/shadowing/', import.meta.url)
    : new URL('./', import.meta.url);
  return startShadowFeed({
    workerUrl: new URL('../../../shadow/worker.js', base),
    workerData: {
      configFile,
      storeUrl,
      legacyUrl: config.legacy.url.href,
      legacyTls: config.legacy.tls,
      legacyDatabaseUrl: config.legacy.database,
      candidateModule: new URL('./shadow-candidates.js', base).href,
      position: positions,
      settings: { sandwich: config.shadow.sandwich, settleMs: config.shadow.settleMs },
      positionKeys: allVersions(config.features).map(({ key }) => key),
    },
    features: config.features.map(({ name }) => name),
    maxPerSecond,
    featureMaxPerSecond: new Map(
      config.features.flatMap(({ name, shadow }) =>
        shadow.maxPerSecond === undefined ? [] : [[name, shadow.maxPerSecond / workers]],
      ),
    ),
    onVerdict: (feature, _route, verdict) => metrics.compared(feature, verdict),
    log,
  });
}
