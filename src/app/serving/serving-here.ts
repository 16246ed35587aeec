import type { BreakerOpening } from '../../../proxy/breakers.ts';
import type { LiveSettings, Proxy } from '../../../proxy/proxy-options.ts';
import { createSharedPositions, type SharedPositions } from '../../../shadow/shared-position.ts';
import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { createTrafficObserver } from '../../observe/traffic.ts';
import { startCandidateSide, type CandidateSide } from './candidate-side.ts';
import { watchTraffic } from './feed-metrics.ts';
import { LateParts } from './late-parts.ts';
import { settingsOf, startMigrationProxy } from './migration-proxy.ts';
import { localProxySide, type ProxySide } from './proxy-side.ts';
import type { RoutingState } from './routing-state.ts';
import type { Serving, ServingParts } from './serving.ts';

export interface ServingHereOptions {
  readonly config: NormalizedConfig;
  readonly configFile: string;
  readonly storeUrl: string;
  readonly routing: RoutingState;
  readonly metrics: Metrics;
  readonly onBreakerOpen: (opening: BreakerOpening) => void;
  readonly log: Log;
}

/** One proxy, in this process. */
export class ServingHere implements Serving {
  readonly #options: ServingHereOptions;
  readonly #late = new LateParts();
  readonly #positions: SharedPositions;
  readonly #traffic = createTrafficObserver();
  #proxy: Proxy | undefined;
  #behind: CandidateSide | undefined;

  constructor(options: ServingHereOptions) {
    this.#options = options;
    this.#positions = createSharedPositions(allVersions(options.config.features).map(({ key }) => key));
  }

  async open(fenceSecret: Uint8Array): Promise<ProxySide> {
    const { config, routing, metrics, onBreakerOpen, log } = this.#options;
    this.#late.fenceSecret.set(fenceSecret);
    this.#proxy = await startMigrationProxy({
      config,
      port: config.listen.port,
      settings: settingsOf(config),
      routing,
      late: this.#late,
      observe: watchTraffic(this.#traffic, metrics),
      onBreakerOpen,
      log,
    });
    return localProxySide(this.#proxy, this.#traffic, metrics, () => this.#behind?.stats());
  }

  async provide({ followed, readModels, fenceSecret }: ServingParts): Promise<void> {
    const { config, configFile, storeUrl, metrics, log } = this.#options;
    this.#late.fenceSecret.set(fenceSecret);
    this.#behind = await startCandidateSide(this.#late, {
      config,
      configFile,
      storeUrl,
      positions: this.#positions.buffer,
      maxPerSecond: config.shadow.maxPerSecond,
      metrics,
      log,
      readModels,
      source: followed?.source,
      sourceLog: () => followed?.sourceLog(),
    });
  }

  moved(key: string, position: Position | undefined): void {
    this.#positions.publish(key, position);
  }

  parked(key: string, parkings: number): void {
    this.#positions.park(key, parkings);
  }

  reconfigure(settings: LiveSettings): void {
    this.#proxy?.reconfigure(settings);
  }

  async close(): Promise<void> {
    await this.#behind?.close();
  }
}
