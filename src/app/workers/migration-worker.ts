import type { Proxy } from '../../../proxy/proxy-options.ts';
import { loadConfig } from '../../config/load-config.ts';
import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { createMetrics } from '../../observe/metrics.ts';
import { createTrafficObserver } from '../../observe/traffic.ts';
import { startCandidateSide, type CandidateSide } from '../serving/candidate-side.ts';
import { watchTraffic } from '../serving/feed-metrics.ts';
import { LateParts } from '../serving/late-parts.ts';
import { fixedDigest } from '../starting/live-config.ts';
import { startMigrationProxy } from '../serving/migration-proxy.ts';
import { openSource } from '../serving/open-source.ts';
import { RoutingState } from '../serving/routing-state.ts';
import { BEAT_MS } from './fence-messages.ts';
import type { FromProxyWorker, MigrationJob, ToProxyWorker, WorkerReport } from './protocol.ts';
import { PushedReadModels } from './pushed-read-models.ts';
import { WorkerFellows } from './worker-fellows.ts';
import type { WorkerProxy } from './worker-proxy.ts';

/** What the config file makes of a worker. */
interface Loaded {
  readonly config: NormalizedConfig;
  readonly readModels: PushedReadModels;
  readonly source: ReturnType<typeof openSource>;
}

/**
 * One of several proxies of a migration: with candidates, a shadow and a reader of the source's position of its own.
 * Phases, read models and what other workers know come from the primary.
 */
export class MigrationWorker implements WorkerProxy {
  readonly #job: MigrationJob;
  readonly #tell: (message: FromProxyWorker) => unknown;
  readonly #log: Log;
  readonly #traffic = createTrafficObserver();
  readonly #metrics = createMetrics();
  readonly #routing = new RoutingState();
  readonly #late = new LateParts();
  readonly #fellows: WorkerFellows;
  readonly #loaded: Promise<Loaded>;
  readonly #joined: Promise<void>;
  #onJoined: () => void = () => undefined;
  #readModels: PushedReadModels | undefined;
  #settings: MigrationJob;
  #isJoined = false;
  #warming: Promise<void> | undefined;
  #proxy: Proxy | undefined;
  #behind: CandidateSide | undefined;

  constructor(job: MigrationJob, tell: (message: FromProxyWorker) => unknown, log: Log) {
    this.#job = this.#settings = job;
    this.#tell = tell;
    this.#log = log;
    this.#late.fenceSecret.set(job.fenceSecret);
    this.#fellows = new WorkerFellows({
      send: (message) => tell({ type: 'fellow', message }),
      now: machineNow,
      soon: setImmediate,
    });
    this.#joined = new Promise((resolve) => {
      this.#onJoined = resolve;
    });
    this.#loaded = this.#load();
    // Told by `start`, which waits for it.
    this.#loaded.catch(() => undefined);
  }

  async start(): Promise<string> {
    const { config } = await this.#loaded;
    if (this.#job.isWarm) await this.#warm(this.#job.fenceSecret);
    this.#tell({ type: 'join' });
    await this.#joined;
    const settings = this.#settings;
    const { limits, fenceBudgetMs, drainDelayMs, stopGraceMs } = settings;
    const proxy = await startMigrationProxy({
      config,
      port: this.#job.port,
      settings: { limits, fenceBudgetMs, drainDelayMs, stopGraceMs },
      routing: this.#routing,
      late: this.#late,
      fellows: this.#fellows,
      observe: watchTraffic(this.#traffic, this.#metrics),
      onBreakerOpen: (opening) => this.#tell({ type: 'opening', opening }),
      log: this.#log,
    });
    this.#metrics.beforeText(() => this.#metrics.load(proxy.load()));
    this.#proxy = proxy;
    // They may have changed while the port was being opened.
    if (this.#settings !== settings) proxy.reconfigure(this.#settings);
    return proxy.url;
  }

  hear(message: ToProxyWorker): void {
    if (message.type === 'fellow') {
      this.#fellows.hear(message.message);
      if (message.message.type === 'joined') this.#join();
    } else if (message.type === 'routing') {
      this.#fellows.learn(message.number, () => this.#routing.swap(message.routing));
    } else if (message.type === 'store-heard') this.#routing.heardBefore(message.at);
    else if (message.type === 'read-models') this.#readModels?.hear(message.log, message.states);
    else if (message.type === 'warm') void this.#warm(message.fenceSecret);
    else if (message.type === 'reconfigure') {
      this.#settings = { ...this.#settings, ...message.settings };
      this.#proxy?.reconfigure(message.settings);
    }
  }

  reloadCertificates(): void {
    this.#proxy?.reloadCertificates();
  }

  async report(): Promise<WorkerReport | undefined> {
    const proxy = this.#proxy;
    if (proxy === undefined) return undefined;
    return {
      traffic: this.#traffic.dump(),
      inFlight: proxy.inFlight,
      load: proxy.load(),
      metrics: await this.#metrics.snapshot(),
      shadow: this.#behind?.stats(),
      breakers: proxy.breakers(),
    };
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
    await this.#behind?.close();
    const { source } = await this.#loaded;
    await source?.[Symbol.asyncDispose]();
  }

  /** From here on others wait for us, and we for them. */
  #join(): void {
    if (this.#isJoined) return;
    this.#isJoined = true;
    setInterval(() => this.#fellows.tick(), BEAT_MS);
    this.#onJoined();
  }

  async #load(): Promise<Loaded> {
    const { configFile, digest } = this.#job;
    const config = await loadConfig(configFile);
    if (fixedDigest(config) !== digest) {
      throw new FigError('FIG_CONFIG_CHANGED', `${configFile} has changed since fig was started`);
    }
    const readModels = new PushedReadModels(allVersions(config.features), () => this.#fellows.isCurrent());
    this.#readModels = readModels;
    return { config, readModels, source: openSource(config, this.#job.storeUrl, this.#log) };
  }

  /** Starts candidates and shadow, once. Never rejects: without them legacy answers. */
  #warm(fenceSecret: Uint8Array): Promise<void> {
    this.#late.fenceSecret.set(fenceSecret);
    this.#warming ??= this.#provide().catch((error: unknown) => {
      this.#log.error({ error: describeError(error) }, 'candidates and shadow could not be started; legacy answers');
    });
    return this.#warming;
  }

  async #provide(): Promise<void> {
    const { configFile, storeUrl, maxPerSecond, workers } = this.#job;
    const { config, readModels, source } = await this.#loaded;
    this.#behind = await startCandidateSide(this.#late, {
      config,
      configFile,
      storeUrl,
      positions: readModels.positions,
      maxPerSecond,
      workers,
      metrics: this.#metrics,
      log: this.#log,
      readModels,
      source,
      sourceLog: () => readModels.sourceLog(),
    });
  }
}
