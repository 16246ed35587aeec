import { expect, test } from 'vitest';
import { recordedComparer } from '../../../src/app/replay/compare-recorded.ts';
import { harQuestions, type HarQuestions } from '../../../src/app/replay/har-questions.ts';
import { replayRecorded } from '../../../src/app/replay/replay-har.ts';
import { noCompareRules } from '../../shadow/arbitraries.ts';

const email = 'ada.lovelace@people.example';

function recording(...targets: string[]): HarQuestions {
  const entries = targets.map((target) => ({
    request: { method: 'GET', url: `http://shop.example${target}`, headers: [] },
    response: {
      status: 200,
      headers: [{ name: 'content-type', value: 'application/json' }],
      content: { mimeType: 'application/json', text: '{}', size: 2 },
    },
  }));
  return harQuestions(JSON.stringify({ log: { entries } }), 'a.har', { features: [], others: 'har' });
}

const options = { rate: 1_000, given: [], onProgress: () => undefined };

test('what a candidate says of its failure is redacted in the report of a replay', async () => {
  const failed = `failed: no customer "Ada Lovelace" <${email}>`;
  const report = await replayRecorded(
    recording('/orders/1'),
    async () => ({ failed }),
    () => noCompareRules,
    options,
  );
  expect(report.groups).toMatchObject([{ path: 'error failed', count: 1 }]);
  expect(JSON.stringify(report)).not.toContain('lovelace');
  expect(JSON.stringify(report)).not.toContain('Ada');
});

test('a question that was not asked is cut only after what is personal in it was found', async () => {
  const har = recording('/orders/1');
  const long = `GET /orders?q=${'x'.repeat(200 - 'GET /orders?q=&by='.length - 15)}&by=${email}`;
  expect(long.slice(0, 200)).toContain('ada.love');
  const left = { asked: har.asked, notAsked: [{ question: long, reason: 'no-route' }] };
  const report = await replayRecorded(
    left,
    async () => ({ failed: 'x' }),
    () => noCompareRules,
    options,
  );
  expect(report.left).toMatchObject([{ reason: 'no-route', count: 1 }]);
  expect(JSON.stringify(report)).not.toContain('ada.love');
  expect(report.left[0]?.questions[0]?.length).toBeLessThanOrEqual(200);
});

test('a segment that the route calls personal is a hash in the report of a replay', () => {
  const compare = recordedComparer(() => ({ ...noCompareRules, redact: ['$.surname'] }), Buffer.from('key'));
  const answer = { status: 200, headers: ['content-type', 'application/json'], body: Buffer.from('{}') };
  const result = compare({
    feature: 'people',
    route: 'GET /people/:surname/orders',
    params: { surname: 'Lovelace' },
    question: { method: 'GET', target: '/people/Lovelace/orders', headers: [] },
    legacy: answer,
    candidate: answer,
  });
  expect(result.question).toMatch(/^GET \/people\/<redacted:\w+>\/orders$/);
});
