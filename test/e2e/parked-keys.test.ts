import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VerificationReport } from '../../src/app/control.ts';
import type { DeadLetterReport, LetterOutcome } from '../../src/app/dead-letter-reports.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

/** The text has the value of the counter in it. */
const notKept = /^at .*counters\.config\.ts:\d+:\d+ \(the text is not kept\)$/;

describe.each([1, 2])('in live, with %i workers', (workers) => {
  let counters: CountersUnderFig;
  let fig: FigProcess;

  beforeAll(async () => {
    counters = await CountersUnderFig.create(20);
    fig = await counters.startFig(workers);
    await counters.stepTo(fig, 'live');
    await counters.untilServedByCandidate(workers);
  }, 120_000);

  afterAll(async () => {
    await fig?.[Symbol.asyncDispose]();
    await counters?.[Symbol.asyncDispose]();
  });

  /** Asks so often that every worker has answered, and expects one answer of all. */
  async function everyWorker<T>(ask: () => Promise<T>): Promise<T> {
    const answers = await Promise.all(Array.from({ length: workers * 4 }, ask));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    return answers[0]!;
  }

  test('a key that cannot be built is answered by legacy, others are not, and it comes back by itself', async () => {
    await counters.set(8, 88);
    // No build takes this one.
    await counters.set(7, -5);
    await until('the key is parked', async () => {
      const { reason } = await counters.ask('GET', 7, 'nobody');
      return reason === 'parked-key';
    });
    const old = (id: number | string) => () => counters.ask('GET', id, 'nobody');
    await until('every worker knows', async () =>
      (await Promise.all(Array.from({ length: 8 }, old(7)))).every(({ reason }) => reason === 'parked-key'),
    );
    expect(await everyWorker(old(7))).toMatchObject({ value: -5, from: 'legacy', reason: 'parked-key' });
    expect(await everyWorker(old('07'))).toMatchObject({ from: 'legacy', reason: 'parked-key' });
    expect(await everyWorker(old(8))).toMatchObject({ value: 88, from: 'candidate', reason: 'live' });
    // A list may hold any key.
    const all = await everyWorker(() => counters.askForAll());
    expect(all).toMatchObject({ from: 'legacy', reason: 'parked-key' });
    expect(all.values[6]).toBe(-5);
    const { features, traffic } = await fig.status();
    expect(features[0]).toMatchObject({ reads: 'live', readModel: { state: 'ready', deadLetters: 1 } });
    expect(features[0]!.gate.reason).toContain('1 dead letter keeps the read model from being complete');
    expect(traffic.fallbacks['parked-key']).toBeGreaterThan(0);

    await counters.set(7, 70);
    await until('the key is back', async () => {
      const answers = await Promise.all(Array.from({ length: workers * 4 }, old(7)));
      return answers.every(({ from, value }) => from === 'candidate' && value === 70);
    });
    expect(await everyWorker(() => counters.askForAll())).toMatchObject({ from: 'candidate', reason: 'live' });
  }, 60_000);

  test('what is parked is not compared, so nothing of it counts as a mismatch', async () => {
    const before = await fig.status();
    await counters.set(9, -1);
    await until('the key is parked', async () => (await counters.ask('GET', 9, 'nobody')).reason === 'parked-key');
    for (let n = 0; n < 40; n += 1) await counters.ask('GET', n % 2 === 0 ? 9 : 10, `user-${n}`);
    await until('the copies were looked at', async () => {
      const { shadow } = await fig.status();
      return shadow !== undefined && shadow.queued === 0 && shadow.dropped['parked']! > 0;
    });
    const after = await fig.status();
    expect(after.features[0]!.comparisons.mismatch).toBe(before.features[0]!.comparisons.mismatch);
    expect(after.features[0]!.comparisons.error).toBe(before.features[0]!.comparisons.error);
  }, 60_000);

  test('the commands show what is parked, let it go with a reason, and find the row that is served as it is', async () => {
    await counters.set(9, 90);
    await until('the key of before is back', async () => (await counters.ask('GET', 9, 'nobody')).value === 90);
    await until('nothing is parked', async () => (await counters.askForAll()).from === 'candidate');
    await counters.set(11, -7);
    await until('one key is parked', async () => (await counters.ask('GET', 11, 'nobody')).reason === 'parked-key');
    const { letters } = await fig.json<{ letters: DeadLetterReport[] }>('dead-letters', 'list');
    const letter = letters.find(({ key }) => key === '11')!;
    expect(letter).toMatchObject({ feature: 'counters', kind: 'build', code: 'RangeError' });
    expect(letter.message).toMatch(notKept);
    const discarded = await fig.json<LetterOutcome>('dead-letters', 'discard', String(letter.id), '--why', 'a test');
    expect(discarded).toEqual({ ids: [letter.id] });
    await until('the old row is served', async () => {
      const { from, value } = await counters.ask('GET', 11, 'nobody');
      return from === 'candidate' && value === 0;
    });
    const verified = await fig.json<VerificationReport>('verify-model', 'counters');
    expect(verified).toMatchObject({ checked: 20, differences: [] });
    expect(verified.failed).toEqual([{ key: '11', code: 'RangeError', message: expect.stringMatching(notKept) }]);
    await counters.set(11, 110);
    await until('it is right again', async () => (await counters.ask('GET', 11, 'nobody')).value === 110);
    expect(await fig.json<VerificationReport>('verify-model', 'counters')).toMatchObject({ failed: [] });
    expect(await (await fetch(`${await fig.admin()}/metrics`)).text()).toContain(
      'fig_dead_letters{feature="counters"} 0',
    );
  }, 60_000);
});
