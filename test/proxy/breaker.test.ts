import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Breaker, type Opening, type Ticket } from '../../proxy/breaker.ts';

const slowMs = 900;

function ask(breaker: Breaker, now: number, isGood: boolean, tookMs = 1): Opening | undefined {
  const ticket = breaker.admit(now);
  if (ticket === undefined) throw new Error('the breaker let nothing through');
  return breaker.settle(now + tookMs, ticket, isGood);
}

test('five failures in a row open it, at once', () => {
  const breaker = new Breaker(slowMs);
  for (let i = 0; i < 4; i += 1) expect(ask(breaker, i, false)).toBeUndefined();
  expect(ask(breaker, 4, false)).toEqual({ cause: 'consecutive', failures: 5, total: 5, restMs: 1_000 });
  expect(breaker.state).toBe('open');
  expect(breaker.admit(5)).toBeUndefined();
});

test('a failure of every second question opens it within a second, also after minutes of good ones', () => {
  const breaker = new Breaker(slowMs);
  let now = 0;
  for (; now < 60_000; now += 10) ask(breaker, now, true);
  const failsFrom = now;
  let opening: Opening | undefined;
  for (; opening === undefined; now += 10) opening = ask(breaker, now, now % 20 === 0);
  expect(opening.cause).toBe('last-second');
  expect(now - failsFrom).toBeLessThanOrEqual(1_010);
});

test('a feature that is asked once a second is judged by ten seconds', () => {
  const breaker = new Breaker(slowMs);
  const openings = Array.from({ length: 9 }, (_, i) => ask(breaker, i * 1_000, i % 2 === 1));
  expect(openings.slice(0, 8)).toEqual(Array(8).fill(undefined));
  expect(openings[8]).toMatchObject({ cause: 'last-ten-seconds', failures: 5, total: 9 });
});

test('a few failures among many good answers leave it closed', () => {
  const breaker = new Breaker(slowMs);
  for (let now = 0; now < 30_000; now += 10) {
    const ticket = breaker.admit(now);
    expect(ticket).toBeDefined();
    breaker.settle(now + 1, ticket!, now % 30 !== 0);
  }
  expect(breaker.state).toBe('closed');
});

test('answers that take nearly all of their time open it, although users get them', () => {
  const breaker = new Breaker(slowMs);
  const openings = Array.from({ length: 5 }, (_, i) => ask(breaker, i * 10, true, slowMs));
  expect(openings[4]).toMatchObject({ failures: 5, total: 5 });
});

test('questions that hang open it before any of them has come back', () => {
  const breaker = new Breaker(slowMs);
  const hanging = Array.from({ length: 6 }, (_, i) => breaker.admit(i)!);
  expect(breaker.tick(slowMs - 1)).toBeUndefined();
  expect(breaker.tick(slowMs + 5)).toMatchObject({ cause: 'last-second', failures: 6 });
  // They come back when it is open already, and say nothing more.
  for (const ticket of hanging) expect(breaker.settle(1_100, ticket, false)).toBeUndefined();
});

test('after its rest one question at a time passes, and three good ones close it', () => {
  const breaker = new Breaker(slowMs);
  for (let i = 0; i < 5; i += 1) ask(breaker, 0, false);
  expect(breaker.wouldPass(1_000)).toBe(false);
  for (let probe = 0; probe < 3; probe += 1) {
    const ticket = breaker.admit(1_001 + probe);
    expect(ticket?.isProbe).toBe(true);
    expect(breaker.admit(1_001 + probe)).toBeUndefined();
    breaker.settle(1_001 + probe, ticket!, true);
  }
  expect(breaker.state).toBe('closed');
});

test('each bad probe doubles the rest, up to half a minute, and is an opening of its own', () => {
  const breaker = new Breaker(slowMs);
  let now = 0;
  for (let i = 0; i < 5; i += 1) ask(breaker, now, false);
  const rests = [1_000];
  for (let i = 0; i < 7; i += 1) {
    now += rests.at(-1)! + 1;
    const opening = ask(breaker, now, false, 0);
    expect(opening?.cause).toBe('probe-failed');
    rests.push(opening!.restMs);
  }
  expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('a breaker that opens again soon rests longer, one that was well for long begins anew', () => {
  for (const [wellForMs, restMs] of [
    [1_000, 2_000],
    [60_000, 1_000],
  ] as const) {
    const breaker = new Breaker(slowMs);
    for (let i = 0; i < 5; i += 1) ask(breaker, 0, false);
    for (let i = 0; i < 3; i += 1) ask(breaker, 1_100, true);
    let opening: Opening | undefined;
    for (let i = 0; i < 5; i += 1) opening = ask(breaker, 1_100 + wellForMs, false);
    expect(opening?.restMs).toBe(restMs);
  }
});

test('a question that was asked before it opened can neither close it nor open it again', () => {
  const breaker = new Breaker(slowMs);
  const early = breaker.admit(0)!;
  for (let i = 0; i < 5; i += 1) ask(breaker, 1, false);
  expect(breaker.settle(2, early, true)).toBeUndefined();
  expect(breaker.state).toBe('open');
  const probe = breaker.admit(1_100)!;
  expect(breaker.settle(1_101, early, false)).toBeUndefined();
  expect(breaker.state).toBe('half-open');
  breaker.settle(1_102, probe, true);
  expect(breaker.wouldPass(1_102)).toBe(true);
});

test('questions for which there was no room say nothing, but a probe without room is a bad one', () => {
  const breaker = new Breaker(slowMs);
  for (let i = 0; i < 100; i += 1) expect(breaker.withdraw(i, breaker.admit(i)!)).toBeUndefined();
  expect(breaker.tick(slowMs + 200)).toBeUndefined();
  expect(breaker.state).toBe('closed');
  // Nor do they stand between failures that follow each other.
  for (let i = 0; i < 4; i += 1) {
    ask(breaker, 2_000, false);
    breaker.withdraw(2_000, breaker.admit(2_000)!);
  }
  expect(ask(breaker, 2_000, false)).toMatchObject({ cause: 'consecutive', total: 5 });
  expect(breaker.withdraw(3_100, breaker.admit(3_100)!)).toMatchObject({ cause: 'probe-failed', restMs: 2_000 });
});

const step = fc.record({
  waitMs: fc.oneof(fc.nat(200), fc.nat(40_000)),
  act: fc.constantFrom('ask', 'good', 'bad', 'withdraw', 'tick'),
  which: fc.nat(20),
});

test('whatever comes in whatever order: shut while it rests, one probe at a time, and good answers alone never open it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const breaker = new Breaker(slowMs);
      const asked: Ticket[] = [];
      let now = 0;
      let restUntil = 0;
      let bad = 0;
      const wrong: unknown[] = [];
      const opened = (opening: Opening | undefined, mayBeBad = bad > 0): void => {
        if (opening === undefined) return;
        const isSound = mayBeBad && opening.restMs >= 1_000 && opening.restMs <= 30_000 && breaker.state === 'open';
        if (!isSound) wrong.push(opening);
        restUntil = now + opening.restMs;
      };
      for (const { waitMs, act, which } of steps) {
        now += waitMs;
        const [ticket] = act === 'ask' || act === 'tick' ? [] : asked.splice(which, 1);
        if (act === 'ask') {
          const admitted = breaker.admit(now);
          if (admitted) asked.push(admitted);
          const probes = asked.filter((each) => each.isProbe && each.era === admitted?.era);
          if ((admitted && now < restUntil) || probes.length > 1) wrong.push({ now, restUntil, probes });
        } else if (act === 'tick') {
          if (asked.some(({ askedAt }) => now - askedAt >= slowMs)) bad += 1;
          opened(breaker.tick(now));
        } else if (ticket && act === 'withdraw') {
          if (ticket.isProbe) bad += 1;
          opened(breaker.withdraw(now, ticket));
        } else if (ticket) {
          if (act === 'bad' || now - ticket.askedAt >= slowMs) bad += 1;
          opened(breaker.settle(now, ticket, act === 'good'));
        }
      }
      expect(wrong).toEqual([]);
      // It always finds its way back, however it was treated.
      for (const ticket of asked) opened(breaker.settle(now, ticket, false), true);
      now += 30_001;
      for (let i = 0; i < 3; i += 1) {
        const probe = breaker.admit(now);
        expect(probe).toBeDefined();
        breaker.settle(now, probe!, true);
      }
      expect(breaker.state).toBe('closed');
    }),
  );
});
