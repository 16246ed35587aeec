import { threadId } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { LookAside, type LookAsideOptions } from '../../../shadow/findings/look-aside.ts';
import type { GroupToLookInto, LookJob } from '../../../shadow/findings/look-into.ts';
import { noCompareRules } from '../arbitraries.ts';

const standIn = new URL('../../fixtures/findings/look-thread.js', import.meta.url);
const made: LookAside[] = [];
const asideWith = (options: Partial<LookAsideOptions>): LookAside => {
  const aside = new LookAside(options);
  made.push(aside);
  return aside;
};
afterEach(() => Promise.all(made.splice(0).map((aside) => aside.close())));

function group(path: string): GroupToLookInto {
  return {
    group: { route: 'GET /orders', path, kind: 'value', critical: false, count: 2, samples: [] },
    differing: [1.234, 2.345].map((n) => ({
      differs: '{}',
      beside: null,
      legacy: String(n),
      candidate: n.toFixed(2),
    })),
  };
}

function job(...paths: string[]): LookJob {
  return { groups: paths.map(group), matching: new Map(), pairs: [], rules: noCompareRules, routes: ['GET /orders'] };
}

test('groups are looked into in another thread, with the same that is found here', async () => {
  const [first, second] = await asideWith({}).look(job('$.total', '$.price'));
  expect(first).toMatchObject({ cause: { name: 'rounding' }, proposal: { rule: "tolerance: { '$.total': 0.005 }" } });
  expect(second).toMatchObject({ proposal: { rule: "tolerance: { '$.price': 0.005 }" } });
  const [where] = await asideWith({ threadUrl: standIn }).look(job('$.where'));
  expect(where?.correlation?.sentence).toMatch(/^thread \d+$/);
  expect(where?.correlation?.sentence).not.toBe(`thread ${threadId}`);
});

test('a group that takes too long is ended and says so, and hides nothing of the others; this thread goes on', async () => {
  const aside = asideWith({ threadUrl: standIn, groupBudgetMs: 500 });
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 5);
  const looked = await aside.look(job('$.where', '$.for-ever', '$.where'));
  clearInterval(turning);
  expect(looked.map(({ unfinished }) => unfinished)).toEqual([undefined, 'too-long', undefined]);
  expect(turns).toBeGreaterThan(10);
});

test('one that ends the thread has failed, and the next job finds a new one', async () => {
  const aside = asideWith({ threadUrl: standIn });
  expect(await aside.look(job('$.throws', '$.where'))).toMatchObject([{ unfinished: 'failed' }, { correlation: {} }]);
  expect(await aside.look(job('$.where'))).toMatchObject([{ correlation: {} }]);
});

test('a thread that cannot start fails all groups at once, and jobs after it do not wait for ever', async () => {
  const aside = asideWith({ threadUrl: new URL('nowhere.js', standIn) });
  const jobs = await Promise.all([aside.look(job('$.a', '$.b', '$.c')), aside.look(job('$.d'))]);
  expect(jobs.flat().map(({ unfinished }) => unfinished)).toEqual(['failed', 'failed', 'failed', 'failed']);
});

test('all groups of a job together take no longer than they may', async () => {
  const aside = asideWith({ threadUrl: standIn, groupBudgetMs: 400, jobBudgetMs: 600 });
  const looked = await aside.look(job('$.for-ever', '$.for-ever', '$.for-ever', '$.for-ever', '$.for-ever'));
  expect(new Set(looked.map(({ unfinished }) => unfinished))).toEqual(new Set(['too-long']));
});
