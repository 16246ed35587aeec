import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Admission, fairLevel } from '../../shadow/admission.ts';

const WINDOW_MS = 250;

/** The same numbers in every run: a linear congruential generator (Numerical Recipes, 7.1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What each gets of a budget. */
const given = (wanted: readonly number[], budget: number): number[] => {
  const level = fairLevel(wanted, budget);
  return wanted.map((each) => Math.min(each, level));
};

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

/** A window in which everything is asked for that could be admitted. */
const useUp = (admission: Admission, isStrained = false): void => {
  for (let i = 0; i < admission.perSecond; i += 1) admission.admits('orders', 'GET /orders');
  admission.tick(WINDOW_MS, isStrained);
};

/** As low as strain can bring it. */
const floorOf = (maxPerSecond: number): number => {
  const admission = new Admission({ maxPerSecond });
  for (let i = 0; i < 50; i += 1) admission.tick(WINDOW_MS, true);
  return admission.perSecond;
};

interface Counted {
  asked: number;
  admitted: number;
}

/** Asks `perWindow` questions of each route, mixed evenly, and counts from the tenth window on, when demand is known. */
function run(
  admission: Admission,
  perWindow: Readonly<Record<string, (window: number) => number>>,
  windows: number,
): Map<string, Counted> {
  const counted = new Map(Object.keys(perWindow).map((route) => [route, { asked: 0, admitted: 0 }]));
  for (let window = 0; window < windows; window += 1) {
    const questions = Object.entries(perWindow).flatMap(([route, many]) => {
      const asked = many(window);
      return Array.from({ length: asked }, (_, i) => ({ route, at: (i + 0.5) / asked }));
    });
    for (const { route } of questions.toSorted((a, b) => a.at - b.at)) {
      const isAdmitted = admission.admits('orders', route);
      if (window < 10) continue;
      const count = counted.get(route)!;
      count.asked += 1;
      if (isAdmitted) count.admitted += 1;
    }
    admission.tick(WINDOW_MS, false);
  }
  return counted;
}

/** A route that is asked once a second. */
function inEveryFourth(window: number): number {
  return window % 4 === 0 ? 1 : 0;
}

describe('the level of what everybody may have', () => {
  const demand = fc.double({ min: 0, max: 1_000, noNaN: true });
  const demands = fc.array(demand, { maxLength: 30 });

  test('gives away the whole budget when more is wanted, and all that is wanted when there is enough', () => {
    fc.assert(
      fc.property(demands, fc.double({ min: 0, max: 20_000, noNaN: true }), (wanted, budget) => {
        const total = sum(wanted);
        expect(sum(given(wanted, budget))).toBeCloseTo(Math.min(total, budget), 6);
        expect(sum(given(wanted, budget))).toBeLessThanOrEqual(budget + 1e-6);
      }),
    );
  });

  test('gives nobody less than another, unless they want less', () => {
    fc.assert(
      fc.property(demands, demand, (wanted, budget) => {
        const shares = given(wanted, budget);
        const most = Math.max(...shares);
        expect(shares.filter((share, index) => share < wanted[index]! && share < most)).toEqual([]);
      }),
    );
  });

  test('does not depend on the order in which they are named, and leaves their list alone', () => {
    fc.assert(
      fc.property(demands, demand, (wanted, budget) => {
        const before = [...wanted];
        expect(fairLevel(wanted.toReversed(), budget)).toBe(fairLevel(wanted, budget));
        expect(wanted).toEqual(before);
      }),
    );
  });

  test.each([
    ['nobody wants anything', [], 10, Number.POSITIVE_INFINITY],
    ['there is just enough', [4, 6], 10, Number.POSITIVE_INFINITY],
    ['nothing is left to give', [4, 6], 0, 0],
    ['one wants little', [1, 20, 30], 9, 4],
  ])('when %s', (_, wanted, budget, level) => {
    expect(fairLevel(wanted, budget)).toBe(level);
  });
});

describe('the budget', () => {
  test('begins at its floor and doubles until the first strain', () => {
    const admission = new Admission({ maxPerSecond: 1_000, random: seeded(1) });
    const first = admission.perSecond;
    expect(first).toBe(floorOf(1_000));
    useUp(admission);
    expect(admission.perSecond).toBe(2 * first);
    useUp(admission);
    useUp(admission);
    expect(admission.perSecond).toBe(8 * first);
    useUp(admission, true);
    expect(admission.perSecond).toBe(4 * first);
    for (let i = 0; i < 4; i += 1) useUp(admission);
    expect(admission.perSecond).toBeGreaterThan(4 * first);
    expect(admission.perSecond).toBeLessThan(8 * first);
  });

  test('grows only while it is used up', () => {
    const admission = new Admission({ maxPerSecond: 1_000 });
    const first = admission.perSecond;
    for (let i = 0; i < 20; i += 1) {
      admission.admits('orders', 'GET /orders');
      admission.tick(WINDOW_MS, false);
    }
    expect(admission.perSecond).toBe(first);
  });

  test('never falls below its floor nor rises above its bound, and a strain never raises it', () => {
    const windows = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 5_000 }), fc.boolean()));
    fc.assert(
      fc.property(windows, fc.double({ min: 0.1, max: 2_000, noNaN: true }), (stream, maxPerSecond) => {
        const admission = new Admission({ maxPerSecond, random: seeded(2) });
        const floor = floorOf(maxPerSecond);
        for (const [asked, elapsedMs, isStrained] of stream) {
          for (let i = 0; i < asked; i += 1) admission.admits('orders', `GET /${i % 3}`);
          const before = admission.perSecond;
          admission.tick(elapsedMs, isStrained);
          expect(admission.perSecond).toBeGreaterThanOrEqual(floor);
          const most = isStrained ? Math.max(floor, before / 2) : maxPerSecond;
          expect(admission.perSecond).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  test('is never exceeded by more than the burst that was saved up in a quiet time', () => {
    const arrivals = fc.array(fc.nat(400), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 500 }), (stream, maxPerSecond) => {
        const admission = new Admission({ maxPerSecond, random: seeded(3) });
        let admitted = 0;
        let seconds = 0;
        for (const asked of stream) {
          for (let i = 0; i < asked; i += 1) if (admission.admits('orders', 'GET /orders')) admitted += 1;
          admission.tick(WINDOW_MS, false);
          seconds += WINDOW_MS / 1_000;
        }
        expect(admitted).toBeLessThanOrEqual(Math.ceil(maxPerSecond * (seconds + 5)));
      }),
    );
  });

  test('reaches its bound also where that is more than a burst may take', () => {
    const admission = new Admission({ maxPerSecond: 8_000, random: seeded(9) });
    let admitted = 0;
    for (let window = 0; window < 80; window += 1) {
      for (let i = 0; i < 5_000; i += 1) if (admission.admits('orders', 'GET /orders') && window >= 40) admitted += 1;
      admission.tick(WINDOW_MS, false);
    }
    expect(admission.perSecond).toBe(8_000);
    expect(admitted / 10).toBeGreaterThan(7_600);
    expect(admitted / 10).toBeLessThan(8_400);
  });

  test('saved up in a quiet time lets a burst through whole', () => {
    const admission = new Admission({ maxPerSecond: 500, random: seeded(10) });
    for (let window = 0; window < 40; window += 1) admission.tick(WINDOW_MS, false);
    for (let i = 0; i < 400; i += 1) expect(admission.admits('orders', 'GET /orders')).toBe(true);
  });

  test('of less than one a second still lets one through now and then', () => {
    const admission = new Admission({ maxPerSecond: 0.5, random: seeded(4) });
    let admitted = 0;
    for (let window = 0; window < 4 * 100; window += 1) {
      for (let i = 0; i < 10; i += 1) if (admission.admits('orders', 'GET /orders')) admitted += 1;
      admission.tick(WINDOW_MS, false);
    }
    expect(admitted).toBeGreaterThan(25);
    expect(admitted).toBeLessThanOrEqual(52);
  });
});

describe('a stream of questions', () => {
  test('that fits into the budget is compared whole', () => {
    const counted = run(new Admission({ maxPerSecond: 500 }), { list: () => 5, item: () => 5 }, 50);
    for (const { asked, admitted } of counted.values()) expect(admitted).toBe(asked);
  });

  test('of a busy route leaves a rare one its questions', () => {
    const admission = new Admission({ maxPerSecond: 100, random: seeded(5) });
    const counted = run(admission, { busy: () => 2_000, rare: inEveryFourth }, 410);
    const [busy, seldom] = [counted.get('busy')!, counted.get('rare')!];
    // What is left for the busy one is about 100 questions a second less one.
    expect(busy.admitted / busy.asked).toBeGreaterThan(0.01);
    expect(busy.admitted / busy.asked).toBeLessThan(0.02);
    expect(seldom.asked).toBe(100);
    expect(seldom.admitted).toBeGreaterThan(95);
  });

  test('is divided evenly among routes that all want more than there is', () => {
    const admission = new Admission({ maxPerSecond: 400, random: seeded(6) });
    const counted = run(admission, { a: () => 1_000, b: () => 300, c: () => 100 }, 410);
    const admitted = [...counted.values()].map((each) => each.admitted);
    const fair = (400 * 100) / 3;
    for (const each of admitted) {
      expect(each).toBeGreaterThan(0.9 * fair);
      expect(each).toBeLessThan(1.1 * fair);
    }
  });

  test('is sampled without regard to when in a window it is asked', () => {
    const admission = new Admission({ maxPerSecond: 40, random: seeded(7) });
    const halves = [0, 0];
    for (let window = 0; window < 4_000; window += 1) {
      for (let i = 0; i < 500; i += 1) {
        if (admission.admits('orders', 'GET /orders') && window >= 10) halves[i < 250 ? 0 : 1]! += 1;
      }
      admission.tick(WINDOW_MS, false);
    }
    const [early, late] = halves as [number, number];
    expect(late / early).toBeGreaterThan(0.95);
    expect(late / early).toBeLessThan(1.05);
    // And nothing of the budget is lost.
    expect((early + late) / 1_000).toBeGreaterThan(39);
  });

  test('of features that share names of routes is counted for each feature', () => {
    const admission = new Admission({ maxPerSecond: 40, random: seeded(8) });
    const admitted = { busy: 0, rare: 0 };
    for (let window = 0; window < 400; window += 1) {
      for (let i = 0; i < 500; i += 1) if (admission.admits('busy', 'GET /')) admitted.busy += 1;
      if (window % 4 === 0 && admission.admits('rare', 'GET /')) admitted.rare += 1;
      admission.tick(WINDOW_MS, false);
    }
    // Asked last in each window, when the busy one has taken what it may.
    expect(admitted.rare).toBeGreaterThan(90);
  });
});

test('a feature is held to a bound of its own, divided among its routes, and what it does not use is for others', () => {
  const admission = new Admission({
    maxPerSecond: 100,
    featureMaxPerSecond: new Map([['orders', 8]]),
    random: seeded(7),
  });
  let [list, item, other] = [0, 0, 0];
  for (let window = 0; window < 400; window += 1) {
    for (let i = 0; i < 50; i += 1) {
      if (admission.admits('orders', 'GET /orders') && window >= 40) list += 1;
      if (i % 25 === 0 && admission.admits('orders', 'GET /orders/:id') && window >= 40) item += 1;
      if (i % 2 === 0 && admission.admits('elsewhere', 'GET /x') && window >= 40) other += 1;
    }
    admission.tick(WINDOW_MS, false);
  }
  // 360 windows are 90 s: 8 a second of the one feature, and the rest of 100 of the other, less what is kept back.
  expect(list + item).toBeLessThanOrEqual(90 * 8 + 40);
  expect(list + item).toBeGreaterThan(90 * 8 * 0.8);
  expect(item).toBeGreaterThan(list * 0.5);
  expect(other).toBeGreaterThan(90 * 92 * 0.8);
});
