import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { DropReason, Exchange, ExchangeSink } from '../src/kernel/exchange.ts';
import { describeError, FigError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import { restAfter, type Service } from '../src/kernel/service.ts';
import type { Verdict } from '../src/kernel/verdict.ts';
import { LegacyStrain } from './legacy-strain.ts';
import { PacedAdmission } from './paced-admission.ts';
import { defaultFeedLimits, Outstanding, sizeOf, type FeedLimits } from './outstanding.ts';
import type { SampleStats } from './sampled-sink.ts';
import type { FromWorker, ShadowWorkerData, ToWorker } from './worker-protocol.ts';

export interface ShadowFeedOptions {
  /** The compiled shadow/worker.js. */
  readonly workerUrl: URL;
  readonly workerData: ShadowWorkerData;
  readonly features: readonly string[];
  /** What may be outstanding at once. Default 1,000 copies and 64 MiB. */
  readonly limits?: Partial<FeedLimits> | undefined;
  /** Pairs that are compared per second at most. Default 100. */
  readonly maxPerSecond?: number | undefined;
  /** The same for features that have a bound of their own. */
  readonly featureMaxPerSecond?: ReadonlyMap<string, number> | undefined;
  /** A worker that gives no sign of life for so long, while copies are outstanding, is replaced. Default 5,000. */
  readonly stuckMs?: number | undefined;
  /** Megabytes of heap after which the worker, not the process, dies. Default 512. */
  readonly maxHeapMb?: number | undefined;
  /** How long `stop` lets the worker finish. Default 2,000. */
  readonly stopBudgetMs?: number | undefined;
  readonly onVerdict?: ((feature: string, route: string, verdict: Verdict) => void) | undefined;
  readonly log: Log;
}

export interface ShadowStats {
  /** Pairs per second that may be compared at present. */
  readonly perSecond: number;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Exchanges that were dealt with, whatever the verdict. */
  readonly compared: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly workerRestarts: number;
  /** What was looked at; the feed itself does not know. */
  readonly sample?: SampleStats | undefined;
}

/** The main thread's end of the shadow: takes copies, counts what it cannot take, keeps a worker alive. */
export interface ShadowFeed extends ExchangeSink, Service {
  stats(): ShadowStats;
}

const DEFAULT_MAX_PER_SECOND = 100;
const READY_WITHIN_MS = 15_000;
const MAX_REST_MS = 30_000;
/** Nobody waits for the shadow, and to start a worker takes as long as thousands of requests do: at least 0.8 s of rest. */
const FAILURES_AT_FIRST = 4;
/** Starting a worker costs processor time, so one that never lives so long is started less and less often. */
const HEALTHY_MS = 30_000;

/**
 * Resolves when the worker is ready, or when it is clear that it is not: then it is tried again and again, and copies are
 * counted as dropped. Throws FIG_SHADOW_WORKER_DIED only when there is no worker file.
 */
export async function startShadowFeed(options: ShadowFeedOptions): Promise<ShadowFeed> {
  if (options.workerUrl.protocol === 'file:' && !existsSync(options.workerUrl)) {
    throw new FigError('FIG_SHADOW_WORKER_DIED', `there is no shadow worker at ${fileURLToPath(options.workerUrl)}`, {
      remedy: 'Run npm run build, which compiles it.',
    });
  }
  const feed = new Feed(options);
  await feed.start();
  return feed;
}

class Feed implements ShadowFeed {
  readonly name = 'shadow';
  readonly #options: ShadowFeedOptions;
  readonly #features: ReadonlySet<string>;
  readonly #outstanding: Outstanding;
  readonly #dropped: Record<DropReason, number> = {
    'not-sampled': 0,
    'from-shadow': 0,
    writes: 0,
    'over-budget': 0,
    'legacy-strain': 0,
    'queue-full': 0,
    'too-large': 0,
    aborted: 0,
    'worker-down': 0,
    parked: 0,
  };
  readonly #admission: PacedAdmission;
  readonly #strain = new LegacyStrain();
  readonly #stuckMs: number;
  #worker: Worker | undefined;
  #lastError: string | undefined;
  #compared = 0;
  #restarts = 0;
  #failures = 0;
  #launchedAt = 0;
  #heardAt = 0;
  #isReady = false;
  #restartTimer: NodeJS.Timeout | undefined;
  #watchTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ShadowFeedOptions) {
    this.#options = options;
    this.#features = new Set(options.features);
    this.#outstanding = new Outstanding({ ...defaultFeedLimits, ...options.limits });
    this.#admission = new PacedAdmission({
      maxPerSecond: options.maxPerSecond ?? DEFAULT_MAX_PER_SECOND,
      featureMaxPerSecond: options.featureMaxPerSecond,
      isBehind: () => this.#outstanding.isHalfFull,
    });
    this.#stuckMs = options.stuckMs ?? 5_000;
  }

  async start(): Promise<void> {
    this.#watchTimer = setInterval(() => this.#replaceStuck(), Math.min(1_000, this.#stuckMs / 4));
    this.#watchTimer.unref();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, READY_WITHIN_MS);
    });
    await Promise.race([this.#launch(), late]);
    clearTimeout(timer);
  }

  wants(feature: string, route: string): boolean {
    if (!this.#features.has(feature) || this.#stopping) return false;
    const reason = this.#refusal(0) ?? this.#unchosen(feature, route);
    if (reason) this.dropped(feature, route, reason);
    return reason === undefined;
  }

  offer(exchange: Exchange): void {
    if (!this.#features.has(exchange.feature) || this.#stopping) return;
    const { feature, route, servedBy, answer, tookMs } = exchange;
    if (servedBy === 'legacy') this.#strain.saw(`${feature} ${route}`, answer.status, tookMs, performance.now());
    const reason = this.#refusal(sizeOf(exchange));
    if (reason || !this.#worker) {
      this.dropped(feature, route, reason ?? 'worker-down');
      return;
    }
    if (this.#outstanding.count === 0) this.#heardAt = performance.now();
    const { copy, buffers } = transferable(exchange);
    const message: ToWorker = { type: 'exchange', sequence: this.#outstanding.add(exchange), exchange: copy };
    this.#worker.postMessage(message, buffers);
  }

  dropped(_feature: string, _route: string, reason: DropReason): void {
    this.#dropped[reason] += 1;
  }

  stats(): ShadowStats {
    return {
      perSecond: this.#admission.perSecond,
      queued: this.#outstanding.count,
      queuedBytes: this.#outstanding.bytes,
      compared: this.#compared,
      dropped: { ...this.#dropped },
      workerRestarts: this.#restarts,
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#admission.stop();
    clearInterval(this.#watchTimer);
    clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    if (!worker) return;
    const budgetMs = this.#options.stopBudgetMs ?? 2_000;
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
    });
    const message: ToWorker = { type: 'stop', budgetMs };
    worker.postMessage(message, []);
    // Writing and closing get as long again as finishing.
    const overdue = setTimeout(() => void worker.terminate(), budgetMs * 2 + 500);
    await ended;
    clearTimeout(overdue);
  }

  #refusal(bytes: number): DropReason | undefined {
    if (!this.#worker) return 'worker-down';
    return this.#outstanding.hasRoomFor(bytes) ? undefined : 'queue-full';
  }

  #unchosen(feature: string, route: string): DropReason | undefined {
    if (!this.#admission.admits(feature, route)) return 'over-budget';
    return this.#strain.mayCopy(performance.now()) ? undefined : 'legacy-strain';
  }

  /** Starts a worker. Resolves when it is ready or has died. */
  async #launch(): Promise<void> {
    const { workerUrl, workerData, maxHeapMb = 512 } = this.#options;
    const worker = new Worker(workerUrl, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      name: 'fig shadow',
    });
    this.#worker = worker;
    this.#lastError = undefined;
    this.#launchedAt = this.#heardAt = performance.now();
    this.#isReady = false;
    await new Promise<void>((resolve) => {
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve();
        this.#hear(message);
      });
      worker.on('error', (error) => {
        this.#lastError = describeError(error);
      });
      worker.on('exit', (code) => {
        this.#ended(worker, code);
        resolve();
      });
    });
  }

  #hear(message: FromWorker): void {
    if (message.type === 'log') {
      this.#options.log[message.level](message.fields, message.message);
      return;
    }
    this.#heardAt = performance.now();
    this.#isReady = true;
    if (message.type !== 'done' || !this.#outstanding.remove(message.sequence)) return;
    this.#compared += 1;
    this.#options.onVerdict?.(message.feature, message.route, message.verdict);
  }

  /** Whatever the reason: what was with the worker is lost and counted, and a new one is started after a rest. */
  #ended(worker: Worker, code: number): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const lost = this.#outstanding.clear();
    for (const { feature, route } of lost) this.dropped(feature, route, 'worker-down');
    if (this.#stopping) return;
    if (performance.now() - this.#launchedAt > HEALTHY_MS) this.#failures = 0;
    this.#failures += 1;
    this.#restarts += 1;
    const restMs = restAfter(FAILURES_AT_FIRST + this.#failures, MAX_REST_MS);
    const error = this.#lastError ?? `it ended with code ${code}`;
    this.#options.log.error(
      { code: 'FIG_SHADOW_WORKER_DIED', error, lost: lost.length, restMs },
      'the shadow worker died',
    );
    this.#restartTimer = setTimeout(() => void this.#launch(), restMs);
    this.#restartTimer.unref();
  }

  /** A worker that spins hears nothing, so it cannot be asked to end. */
  #replaceStuck(): void {
    if (!this.#worker || this.#outstanding.count === 0) return;
    const silentMs = performance.now() - this.#heardAt;
    // Loading its code takes a thread that steps back behind all others as long as it takes.
    if (silentMs < (this.#isReady ? this.#stuckMs : Math.max(this.#stuckMs, READY_WITHIN_MS))) return;
    this.#lastError = `it gave no sign of life for ${Math.round(silentMs)} ms`;
    void this.#worker.terminate();
  }
}

/** Bodies of its own, because the buffers of the proxy's may be shared, and what is transferred is gone here. */
function transferable(exchange: Exchange): { readonly copy: Exchange; readonly buffers: ArrayBuffer[] } {
  const { question, answer } = exchange;
  const body = new Uint8Array(answer.body);
  const query = question.query && { ...question.query, body: new Uint8Array(question.query.body) };
  return {
    copy: { ...exchange, question: { ...question, query }, answer: { ...answer, body } },
    buffers: query ? [body.buffer, query.body.buffer] : [body.buffer],
  };
}
