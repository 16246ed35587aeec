import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shareOf } from '../../config/limits.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { restAfter, sleep, startLoop, type Service } from '../../kernel/service.ts';
import type { Readiness } from '../control.ts';
import { readinessOf, type ProxySide } from '../proxy-side.ts';
import { Departed, sumUp } from './sum-up.ts';
import { portToShare } from './port-to-share.ts';
import type { ObserverJob } from './protocol.ts';
import { WorkerHandle } from './worker-handle.ts';

/** Greatest rest before a worker that died is replaced. */
const MAX_REST_MS = 10_000;
/** A worker that served so long before it died is replaced as if it were the first to die. */
const STEADY_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** A worker that says nothing for so long spins, and is replaced. */
const STUCK_MS = 10_000;
/** What stopping may take beyond the times of grace. */
const STOP_SLACK_MS = 5_000;

export interface ProxyWorkersOptions {
  /** For all workers together; each gets its share of the limits. */
  readonly job: ObserverJob;
  readonly workers: number;
  readonly log: Log;
}

/**
 * Runs the proxy in several processes that share one port. Resolves when all of them serve; throws what one of them failed
 * with. A worker that dies later is replaced after a rest that grows while they keep dying.
 */
export async function startProxyWorkers(options: ProxyWorkersOptions): Promise<ProxySide> {
  const file = workerFile();
  cluster.setupPrimary({
    exec: file,
    args: [],
    serialization: 'advanced',
  });
  const { job, workers, log } = options;
  const port = await portToShare(job.host, job.port);
  const pool = new Pool({ ...job, port, limits: shareOf(job.limits, workers) }, workers, log);
  await pool.start();
  return pool;
}

class Pool implements ProxySide {
  readonly #job: ObserverJob;
  readonly #wanted: number;
  readonly #log: Log;
  readonly #handles = new Set<WorkerHandle>();
  readonly #departed = new Departed();
  readonly #ending = new AbortController();
  #watch: Service | undefined;
  #failures = 0;
  #url = '';
  #stopping: Promise<void> | undefined;

  constructor(job: ObserverJob, wanted: number, log: Log) {
    this.#job = job;
    this.#wanted = wanted;
    this.#log = log;
  }

  get url(): string {
    return this.#url;
  }

  async start(): Promise<void> {
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
    for (const handle of this.#handles) handle.send({ type: 'reload-certificates' });
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#ending.abort();
      await this.#watch?.stop();
      const { drainDelayMs, stopGraceMs } = this.#job;
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
    const reports = await Promise.all([...this.#handles].map((handle) => handle.ask()));
    return reports.filter((report) => report !== undefined);
  }

  async #launch(): Promise<string> {
    const handle = new WorkerHandle(cluster.fork(), this.#log);
    this.#handles.add(handle);
    void handle.exited.then((code) => this.#ended(handle, code));
    const url = await handle.start(this.#job);
    this.#log.debug({ worker: handle.pid }, 'a worker serves');
    return url;
  }

  /** What it counted stays counted. */
  #ended(handle: WorkerHandle, code: number | null): void {
    this.#handles.delete(handle);
    if (handle.lastReport) this.#departed.add(handle.lastReport);
    // Before all have served, the start fails as a whole.
    if (this.#stopping || this.#url === '') return;
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
