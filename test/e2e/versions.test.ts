import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FeatureStatus, TransitionOutcome, VersionReport } from '../../src/app/control.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import { type FigProcess, runFig } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

const config = fileURLToPath(new URL('fixtures/versions.config.ts', import.meta.url));
const dieAtMilestone = fileURLToPath(new URL('fixtures/die-at-milestone.mjs', import.meta.url));
const ids = 20;
/** Counters of one visitor each, whom nobody else writes for; the others are for browsing. */
const visitors = 6;

function dying(milestone: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${dieAtMilestone}`, FIG_TEST_DIE_AT: milestone };
}

/** One legacy app, in front of which one fig after the other is started with other versions declared. */
class Versions implements AsyncDisposable {
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

describe.each([1, 2])('a new version beside one that serves in live, with %i workers', (workers) => {
  let versions: Versions;

  beforeAll(async () => {
    versions = await Versions.create(workers);
  }, 120_000);

  afterAll(async () => {
    await versions?.[Symbol.asyncDispose]();
  });

  test('the old one goes on serving without a step back, and a wrong new one is refused with its differences', async () => {
    await versions.start('1+wrong');
    expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { name: 'counter_value', version: 1 } });
    await versions.untilServedBy('v1');
    await versions.untilBothReady();
    expect(await versions.list()).toMatchObject([
      { feature: 'counters', version: 1, serves: true, declared: true },
      { feature: 'counters', version: 2, serves: false, declared: true, gate: { result: expect.any(String) } },
    ]);
    const refused = await until(
      'the gate has seen the difference',
      async () => {
        await versions.browse(20);
        const gate = await versions.gateOfNew();
        if (gate?.result !== 'FAIL') throw new Error(JSON.stringify(gate));
        const result = await versions.swap();
        if (result.code === 3) return result;
        throw new Error(JSON.stringify(result));
      },
      60_000,
    );
    expect(refused.stdout).toMatch(/refused +counters stays in counter_value v1, gate FAIL: .* answers differ/);
    // The version that serves is judged by its own answers.
    const { phase, gate, comparisons } = await versions.feature();
    expect({ phase, mismatches: comparisons.mismatch, gate: gate.result }).not.toMatchObject({ gate: 'FAIL' });
    expect({ phase, mismatches: comparisons.mismatch }).toEqual({ phase: 'live', mismatches: 0 });
    const { groups } = await versions.fig.json<{ groups: { path: string }[] }>('report', 'counters@2');
    expect(groups.map(({ path }) => path)).toContain('$.value');
    await versions.untilServedBy('v1');
  }, 180_000);

  test('a proven one takes its place while users read and write: none of 1,000 reads is old or made of both', async () => {
    await versions.start('1+2');
    await versions.untilServedBy('v1');
    await versions.untilBothReady();
    expect((await versions.swap()).code).toBe(4);
    const seen = new Map<string, number>();
    let asked = 0;
    let swapping: Promise<TransitionOutcome> | undefined;
    const visit = async (visitor: number): Promise<void> => {
      while (asked < 1_000 || seen.get('v2') === undefined) {
        const id = 1 + visitor;
        const user = `visitor-${visitor}`;
        const written = await versions.counters.ask('POST', id, user);
        for (let again = 0; again < 2; again += 1) {
          const read = await versions.counters.ask('GET', id, user);
          expect(read.value).toBe(written.value);
          expect(['legacy', 'v1', 'v2']).toContain(read.from);
          asked += 1;
          seen.set(read.from!, (seen.get(read.from!) ?? 0) + 1);
        }
        if (asked > 200) swapping ??= versions.swapWhenProven();
      }
    };
    await Promise.all(Array.from({ length: visitors }, (_, visitor) => visit(visitor)));
    expect(await swapping).toMatchObject({
      moved: true,
      from: 'counter_value v1',
      to: 'counter_value v2',
      gate: 'PASS',
    });
    expect(seen.get('v1')).toBeGreaterThan(0);
    expect(seen.get('v2')).toBeGreaterThan(0);
    await versions.untilServedBy('v2');
    expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 2 } });
  }, 180_000);

  test('back leads to the old one at once, and the new one may come again', async () => {
    const back = await versions.fig.json<TransitionOutcome>('read-models', 'back', 'counters', '--why', 'a drill');
    expect(back).toMatchObject({ moved: true, from: 'counter_value v2', to: 'counter_value v1', reason: 'a drill' });
    await versions.untilServedBy('v1');
    await versions.browse(20);
    expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 1 } });
    expect(await versions.fig.json<TransitionOutcome>('read-models', 'back', 'counters')).toMatchObject({
      moved: false,
      reason: 'counter_value v1 serves already',
    });
    expect(await versions.swapWhenProven()).toMatchObject({ moved: true, to: 'counter_value v2' });
    await versions.untilServedBy('v2');
  }, 120_000);

  test('without its predecessor the new one goes on in live, and what is left over of that can be dropped', async () => {
    const kept = await runFig(versions.fig.cwd, ['read-models', 'drop', 'counters@1']);
    expect(kept).toMatchObject({ code: 1, stderr: expect.stringContaining('FIG_VERSION_IN_USE') });
    await versions.start('2');
    await versions.untilServedBy('v2');
    expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 2 } });
    expect(await versions.list()).toMatchObject([
      { version: 2, serves: true, declared: true },
      { version: 1, serves: false, declared: false },
    ]);
    expect((await runFig(versions.fig.cwd, ['read-models', 'drop', 'counters@1'])).code).toBe(0);
    expect(await versions.list()).toHaveLength(1);
    await versions.browse(20);
  }, 120_000);
});

test('a fig that is killed around the flip comes back with the version that the store says, in the phase it was in', async () => {
  await using versions = await Versions.create(1);
  const force = ['--force', '--why', 'the test'];
  await versions.start('1+2', dying('read-models:swap-begun'));
  await versions.untilBothReady();
  await versions.swap(...force);
  await versions.fig.ended();

  await versions.start('1+2', dying('read-models:swap-committed'));
  expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 1 } });
  await versions.untilServedBy('v1');
  await versions.untilBothReady();
  await versions.swap(...force);
  await versions.fig.ended();

  await versions.start('1+2');
  expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 2 } });
  await versions.untilServedBy('v2');
  await versions.browse(20);
}, 180_000);
