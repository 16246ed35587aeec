import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransitionOutcome } from '../../src/app/control.ts';
import { runFig } from '../support/fig-process.ts';
import { until } from '../support/until.ts';
import { Versions, visitors } from '../support/versions-under-fig.ts';

/** One after the other, each goes on where the one before has left the fig. */
export function newVersionBesideOneThatServes(workers: number): void {
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
        await versions.browseAndCompare();
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
}
