import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { FeatureStatus, TransitionOutcome, VersionReport } from '../../src/app/control.ts';
import { CountersUnderFig } from './counters-under-fig.ts';
import { type FigProcess, runFig } from './fig-process.ts';
import { until } from './until.ts';

const config = fileURLToPath(new URL('../e2e/fixtures/versions.config.ts', import.meta.url));
const ids = 20;
/** Counters of one visitor each, whom nobody else writes for; the others are for browsing. */
export const visitors = 6;

/** One legacy app, in front of which one fig after the other is started with other versions declared. */
export class Versions implements AsyncDisposable {
  readonly counters: CountersUnderFig;
  readonly workers: number;
  fig!: FigProcess;

  private constructor(counters: CountersUnderFig, workers: number) {
    this.counters = counters;
    this.workers = workers;
  }

  /** Live, served by version 1. */
  static async create(workers: number): Promise<Versions> {
    const made = new Versions(await CountersUnderFig.create(ids), workers);
    await made.start('1');
    await made.counters.stepTo(made.fig, 'live');
    return made;
  }

  async start(declared: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.fig?.stop();
    this.fig = await this.counters.startFig(this.workers, { FIG_VERSIONS: declared, ...env }, config);
  }

  async feature(): Promise<FeatureStatus> {
    return (await this.fig.status()).features[0]!;
  }

  async list(): Promise<readonly VersionReport[]> {
    return (await this.fig.json<{ readModels: VersionReport[] }>('read-models', 'list')).readModels;
  }

  async untilServedBy(version: string): Promise<void> {
    let inARow = 0;
    await until(
      `reads are answered by ${version}`,
      async () => {
        const { from, reason } = await this.counters.ask('GET', 1, 'nobody');
        inARow = from === version ? inARow + 1 : 0;
        if (inARow === 0) throw new Error(`${from} answered: ${reason}`);
        return inARow >= this.workers * 4;
      },
      60_000,
    );
  }

  async gateOfNew(): Promise<VersionReport['gate']> {
    const { readModels } = (await (await this.fig.client()).readModels()).value;
    return readModels.find(({ serves }) => !serves)?.gate;
  }

  async untilBothReady(): Promise<void> {
    await until(
      'both versions are ready, and the new one is compared with legacy',
      async () => {
        const client = await this.fig.client();
        const versions = (await client.readModels()).value.readModels;
        const waiting = versions.find(({ serves }) => !serves);
        if (versions.every(({ state }) => state === 'ready') && waiting?.reconciliation) return true;
        throw new Error(JSON.stringify(versions));
      },
      60_000,
    );
  }

  /** Writes and reads, so that there is something to compare; every read must give what is committed. */
  async browse(rounds: number): Promise<void> {
    for (let n = 0; n < rounds; n += 1) {
      const id = visitors + 1 + (n % (ids - visitors));
      const written = await this.counters.ask('POST', id, `user-${n}`);
      const read = await this.counters.ask('GET', id, `user-${n}`);
      expect(read.value).toBe(written.value);
    }
  }

  /** The same of each counter once. What is written while answers wait for their comparison makes it a race: no evidence. */
  async browseAndCompare(): Promise<void> {
    await this.#untilCompared();
    await this.browse(ids - visitors);
    await this.#untilCompared();
  }

  async #untilCompared(): Promise<void> {
    await until('all answers are compared', async () => (await this.fig.status()).shadow?.queued === 0, 60_000);
  }

  swap(...args: string[]): ReturnType<typeof runFig> {
    return runFig(this.fig.cwd, ['read-models', 'swap', 'counters', ...args]);
  }

  /** Browses until the new version is proven, and lets it serve. */
  async swapWhenProven(): Promise<TransitionOutcome> {
    return until(
      'the new version is proven',
      async () => {
        const gate = await this.gateOfNew();
        if (gate?.result === 'PASS') {
          const outcome = await this.fig.json<TransitionOutcome>('read-models', 'swap', 'counters');
          if (outcome.moved) return outcome;
        }
        await this.browse(20);
        throw new Error(JSON.stringify(gate));
      },
      60_000,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fig?.[Symbol.asyncDispose]();
    await this.counters[Symbol.asyncDispose]();
  }
}
