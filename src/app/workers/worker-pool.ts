import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shareOf } from '../../config/limits.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { restAfter, sleep, startLoop, type Service } from '../../kernel/service.ts';
import type { Readiness } from '../control.ts';
import { readinessOf, type ProxySide } from '../serving/proxy-side.ts';
import { Departed, sumUp } from './sum-up.ts';
import { portToShare } from './port-to-share.ts';
import type { ObserverJob, ToProxyWorker, WorkerJob } from './protocol.ts';
import { WorkerHandle } from './worker-handle.ts';

/** Greatest rest before a worker that died is replaced. */
const MAX_REST_MS = 10_000;
/** A worker that served so long before it died is replaced as if it were the first to die. */
const STEADY_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** A worker that says nothing for so long spins, and is replaced. */
const STUCK_MS = 10_000;
/** What stopping may take beyond the times of grace: the shadow writes what it has found. */
const STOP_SLACK_MS = 10_000;

export interface WorkerPoolOptions {
  /** What a worker that starts now is to be. */
  readonly job: () => WorkerJob;
  readonly workers: number;
  /** Told of every worker before it is given its job. */
  readonly onLaunch?: ((handle: WorkerHandle) => void) | undefined;
  readonly log: Log;
}

/** Runs an observing proxy in several processes; see `WorkerPool`. */
export async function startProxyWorkers(job: ObserverJob, workers: number, log: Log): Promise<ProxySide> {
  const port = await portToShare(job.host, job.port);
  const limits = shareOf(job.limits, workers);
  const pool = new WorkerPool({ job: () => ({ ...job, port, limits }), workers, log });
  await pool.start();
  return pool;
}

/**
 * The proxy in several processes that share one port. A worker that dies is replaced after a rest that grows while they keep
 * dying.
 */
export class WorkerPool implements ProxySide {
  readonly #options: WorkerPoolOptions;
  readonly #wanted: number;
  readonly #log: Log;
  readonly #handles = new Set<WorkerHandle>();
  readonly #departed = new Departed();
  readonly #ending = new AbortController();
  #watch: Service | undefined;
  #failures = 0;
  #url = '';
  #stopping: Promise<void> | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#wanted = options.workers;
    this.#log = options.log;
  }

  get url(): string {
    return this.#url;
  }

  /** Resolves when all of them serve; throws what one of them failed with. */
  async start(): Promise<void> {
    cluster.setupPrimary({ exec: workerFile(), args: [], serialization: 'advanced' });
    try {
      const urls = await Promise.all(Array.from({ length: this.#wanted }, () => this.#launch()));
      this.#url = urls[0] ?? '';
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#watch = startLoop({
      name: 'workers',
      turn: () => this.#look(),
      onError: (error) => this.#log.error({ error: describeError(error) }, 'the workers could not be looked after'),
    });
  }

  async view() {
    return sumUp(await this.#reports(), this.#departed, this.#serving());
  }

  async otherMetrics() {
    return [...(await this.#reports()).map(({ metrics }) => metrics), ...this.#departed.metrics()];
  }

  readiness(): Readiness {
    if (this.#stopping) return readinessOf.draining;
    const workers = { serving: this.#serving().length, wanted: this.#wanted };
    if (workers.serving === this.#wanted) return { ...readinessOf.serving, workers };
    return workers.serving > 0
      ? { ready: true, state: 'degraded', reason: 'some workers are down and are being replaced', workers }
      : { ready: false, state: 'down', reason: 'no worker serves', workers };
  }

  reloadCertificates(): void {
    this.sendAll({ type: 'reload-certificates' });
  }

  sendAll(message: ToProxyWorker): void {
    for (const handle of this.#handles) handle.send(message);
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#ending.abort();
      await this.#watch?.stop();
      const { drainDelayMs, stopGraceMs } = this.#options.job();
      // All at once: they share the port, and it is closed when the last of them has let go of it.
      const budgetMs = drainDelayMs + 2 * stopGraceMs + STOP_SLACK_MS;
      await Promise.all([...this.#handles].map((handle) => handle.stop(budgetMs)));
    })();
    return this.#stopping;
  }

  #serving(): number[] {
    return [...this.#handles].flatMap(({ isServing, pid }) => (isServing && pid !== undefined ? [pid] : []));
  }

  async #reports() {
    // One that does not serve yet has nothing to tell and would only be waited for.
    await Promise.all([...this.#handles].filter(({ isServing }) => isServing).map((handle) => handle.ask()));
    // Of those that are here now: one that died meanwhile is among the departed, and must not be counted twice.
    return [...this.#handles].flatMap(({ lastReport }) => lastReport ?? []);
  }

  async #launch(): Promise<string> {
    const handle = new WorkerHandle(cluster.fork(), this.#log);
    this.#handles.add(handle);
    void handle.exited.then((code) => this.#ended(handle, code));
    this.#options.onLaunch?.(handle);
    const url = await handle.start(this.#options.job);
    this.#log.debug({ worker: handle.pid }, 'a worker serves');
    return url;
  }

  /** What it counted stays counted. */
  #ended(handle: WorkerHandle, code: number | null): void {
    this.#handles.delete(handle);
    if (handle.lastReport) this.#departed.add(handle.lastReport);
    // One that has never served fails the start as a whole, or is what the next attempt follows.
    if (this.#stopping || (this.#url === '' && !handle.hasServed)) return;
    if (performance.now() - handle.startedAt > STEADY_MS) this.#failures = 0;
    this.#failures += 1;
    const restMs = restAfter(this.#failures, MAX_REST_MS);
    this.#log.error({ code: 'FIG_WORKER_DIED', worker: handle.pid, exitCode: code, restMs }, 'a worker died');
    void this.#replaceAfter(restMs);
  }

  async #replaceAfter(restMs: number): Promise<void> {
    await sleep(restMs, this.#ending.signal);
    if (this.#stopping) return;
    // A failure to start ends the worker too, which is what leads to the next attempt.
    await this.#launch().catch((error: unknown) => {
      this.#log.error({ error: describeError(error) }, 'a worker could not be replaced yet');
    });
  }

  /** Reports are asked for regularly, so that what a worker counted is not lost with it, and one that spins is found. */
  async #look(): Promise<number> {
    for (const handle of this.#handles) {
      if (handle.isServing && handle.silentMs > STUCK_MS) {
        this.#log.error({ worker: handle.pid, silentMs: Math.round(handle.silentMs) }, 'a worker is stuck');
        handle.kill();
      }
    }
    await this.#reports();
    return LOOK_EVERY_MS;
  }
}

/** Workers are processes of their own and cannot load TypeScript on Node 20, so from sources the compiled file is used. */
function workerFile(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const base = isSource ? new URL('../../../dist/src/app/workers/', import.meta.url) : new URL('./', import.meta.url);
  const file = fileURLToPath(new URL('worker.js', base));
  if (existsSync(file)) return file;
  throw new FigError('FIG_WORKER_DIED', `there is no worker at ${file}`, {
    remedy: 'Run npm run build, which compiles it.',
  });
}
