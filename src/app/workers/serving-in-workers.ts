import type { BreakerOpening } from '../../../proxy/breakers.ts';
import type { LiveSettings } from '../../../proxy/proxy-options.ts';
import { shareOf } from '../../config/limits.ts';
import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import { fixedDigest } from '../starting/live-config.ts';
import { settingsOf } from '../serving/migration-proxy.ts';
import type { ProxySide } from '../serving/proxy-side.ts';
import type { RoutingState } from '../serving/routing-state.ts';
import type { Serving, ServingParts } from '../serving/serving.ts';
import { Fleet } from './fleet.ts';
import { Outages } from './outages.ts';
import { portToShare } from './port-to-share.ts';
import type { MigrationJob } from './protocol.ts';
import type { WorkerHandle } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

export interface ServingInWorkersOptions {
  readonly config: NormalizedConfig;
  readonly configFile: string;
  readonly storeUrl: string;
  readonly workers: number;
  readonly routing: RoutingState;
  readonly onBreakerOpen: (opening: BreakerOpening) => void;
  readonly log: Log;
}

/** Several processes that share the port, each with a proxy, candidates and a shadow; see decision 0029. */
export class ServingInWorkers implements Serving {
  readonly #options: ServingInWorkersOptions;
  readonly #digest: string;
  readonly #fleet: Fleet;
  readonly #outages = new Outages();
  #settings: LiveSettings;
  #fenceSecret = new Uint8Array();
  #isWarm = false;
  #pool: WorkerPool | undefined;

  constructor(options: ServingInWorkersOptions) {
    const { config, routing } = options;
    this.#options = options;
    this.#digest = fixedDigest(config);
    this.#settings = this.#shareOf(settingsOf(config));
    this.#fleet = new Fleet({ routing, keys: allVersions(config.features).map(({ key }) => key) });
  }

  async open(fenceSecret: Uint8Array): Promise<ProxySide> {
    const { config, workers, log } = this.#options;
    this.#fenceSecret = Uint8Array.from(fenceSecret);
    const port = await portToShare(config.listen.host, config.listen.port);
    const pool = new WorkerPool({ job: () => this.#job(port), workers, onLaunch: (each) => this.#launched(each), log });
    this.#pool = pool;
    await pool.start();
    return pool;
  }

  provide({ followed, readModels, fenceSecret }: ServingParts): Promise<void> {
    this.#isWarm = true;
    this.#fenceSecret = Uint8Array.from(fenceSecret);
    this.#fleet.follow(followed, readModels);
    // Those that have been given their job already; others find it there.
    this.#pool?.sendAll({ type: 'warm', fenceSecret: this.#fenceSecret });
    return Promise.resolve();
  }

  moved(_key: string, position: Position | undefined): void {
    this.#fleet.moved(position !== undefined);
  }

  /** Told with the position, in one message. */
  parked(): void {
    this.#fleet.moved(true);
  }

  reconfigure(settings: LiveSettings): void {
    this.#settings = this.#shareOf(settings);
    this.#pool?.sendAll({ type: 'reconfigure', settings: this.#settings });
  }

  close(): Promise<void> {
    this.#fleet.stop();
    return Promise.resolve();
  }

  #launched(handle: WorkerHandle): void {
    this.#fleet.adopt(handle);
    handle.listen((message) => {
      if (message.type !== 'opening') return;
      const { opening } = message;
      if (this.#outages.isNew(opening.feature, handle.id, opening.at)) this.#options.onBreakerOpen(opening);
    });
  }

  #job(port: number): MigrationJob {
    const { config, configFile, storeUrl, workers } = this.#options;
    return {
      kind: 'migrate',
      configFile,
      digest: this.#digest,
      host: config.listen.host,
      port,
      storeUrl,
      maxPerSecond: Math.max(1, Math.ceil(config.shadow.maxPerSecond / workers)),
      workers,
      fenceSecret: this.#fenceSecret,
      isWarm: this.#isWarm,
      ...this.#settings,
    };
  }

  #shareOf(settings: LiveSettings): LiveSettings {
    return { ...settings, limits: shareOf(settings.limits, this.#options.workers) };
  }
}
