import { expect, test } from 'vitest';
import type { EventHandler } from '../../../src/config/event-handler.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { fenced, heard, heardBy, heardSchema, listen, outbox, saidTo } from './heard-model.ts';

const done = (about: string, n: number): string =>
  `INSERT INTO outbox (kind, about, payload) VALUES ('JobDone', '${about}', '{"n": ${n}}')`;

test('rows of the outbox are given as history, each insert as an event, in order with the changes of rows; deletes mean nothing', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  await legacy.raw(`INSERT INTO jobs VALUES (1, 'open')`);
  await legacy.raw(done('1', 1));
  await legacy.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('Unheard', '1', '{}')`);
  await legacy.raw(done('2', 2));
  const capture = setup.startCapture({ readModels: [heard({ outbox }, { rows: true })] });
  await fenced(capture);
  expect(await saidTo(target)).toEqual(['jobs snapshot 1', 'JobDone 1 {"n":1}', 'JobDone 2 {"n":2}']);
  expect((await heardBy(target))[1]!.at).toBe('2024-02-29 10:34:56.789+00');

  await legacy.transaction(async (tx) => {
    await tx.raw(`UPDATE jobs SET state = 'done'`);
    await tx.raw(done('1', 3));
    await tx.raw(`INSERT INTO jobs VALUES (2, 'open')`);
    // As with outboxes that nobody reads but the log.
    await tx.raw(
      `INSERT INTO outbox (kind, about, payload, at) VALUES ('JobFailed', '2', '{"why": "x", "more": 1}', NULL)`,
    );
    await tx.raw('DELETE FROM outbox');
  });
  await legacy.raw(done('1', 4));
  await legacy.raw(`UPDATE outbox SET payload = '{"n": 5}'`);
  await legacy.raw('TRUNCATE outbox');
  await fenced(capture);
  const said = await heardBy(target);
  expect((await saidTo(target)).slice(3)).toEqual([
    'jobs update 1',
    'JobDone 1 {"n":3}',
    'jobs insert 2',
    'JobFailed 2 {"why":"x"}',
    'JobDone 1 {"n":4}',
  ]);
  // One transaction, one position; where the outbox says no time it is that of the commit.
  expect(new Set(said.slice(3, 7).map(({ position }) => position)).size).toBe(1);
  expect(Date.parse(said[6]!.at!)).toBeGreaterThan(Date.parse('2024-03-01'));
  expect(new Set(said.flatMap(({ id }) => id || [])).size).toBe(5);
});

test('events that come while a read model is given its history are given once, after it, also those whose rows are gone at once', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  await legacy.raw(`INSERT INTO outbox (kind, about, payload)
    SELECT 'JobDone', (n % 7)::text, json_build_object('n', n) FROM generate_series(1, 700) n`);
  // What comes while the first page of the history is given is applied before the second.
  const begun = new AbortController();
  const gate = new AbortController();
  const JobDone: EventHandler = async (event, tx) => {
    begun.abort();
    await until('it may go on', () => gate.signal.aborted);
    await listen(event, tx);
  };
  const capture = setup.startCapture({ readModels: [heard({ outbox }, { on: { JobDone } })] });
  await until('the first is given', () => begun.signal.aborted);
  for (let n = 701; n <= 800; n += 1) {
    await legacy.transaction(async (tx) => {
      await tx.raw(done(String(n % 7), n));
      if (n % 2 === 0) await tx.raw(`DELETE FROM outbox WHERE (payload ->> 'n')::int = ${n}`);
    });
  }
  gate.abort();
  await fenced(capture);
  const said = (await heardBy(target)).map(({ key, data }) => [Number(key), (data as { n: number }).n] as const);
  const numbers = said.map(([, n]) => n);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, i) => i + 1));
  for (let key = 0; key < 7; key += 1) {
    const ofKey = said.filter(([about]) => about === key).map(([, n]) => n);
    expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
  }
  expect(await target('fig.early_event').count({ n: '*' })).toEqual([{ n: '0' }]);
}, 60_000);
