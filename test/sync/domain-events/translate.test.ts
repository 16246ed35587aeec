import { expect, test } from 'vitest';
import type { Translation } from '../../../src/config/domain-events-definition.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { fenced, heard, heardBy, heardSchema, outbox, saidTo } from './heard-model.ts';

const letters = new DeadLetterStore();

const ended: Translation = ({ kind, before, after }) => {
  if (!after || after['state'] === before?.['state']) return undefined;
  const key = after['id'] as string;
  if (after['state'] === 'failed') return { type: 'JobFailed', key, data: { why: after['note'] } };
  if (after['state'] !== 'done') return undefined;
  return [1, 2].map((n) => ({
    type: 'JobDone',
    key,
    data: { n },
    ...(kind === 'snapshot' && { id: `old-${key}-${n}` }),
  }));
};

test('changes are translated into events, rows that were there too, with ids that are made of their places', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  await legacy.raw(`INSERT INTO jobs VALUES (1, 'done'), (2, 'open')`);
  const capture = setup.startCapture({ readModels: [heard({ translate: { jobs: ended } }, { rows: true })] });
  await fenced(capture);
  expect((await heardBy(target)).map(({ id, type }) => `${type} ${id}`.trim())).toEqual([
    'jobs snapshot',
    'JobDone old-1-1',
    'JobDone old-1-2',
    'jobs snapshot',
  ]);
  await legacy.transaction(async (tx) => {
    await tx.raw(`INSERT INTO jobs VALUES (3, 'open')`);
    await tx.raw(`UPDATE jobs SET state = 'done' WHERE id = 2`);
    await tx.raw(`UPDATE jobs SET state = 'failed', note = 'late' WHERE id = 3`);
  });
  await fenced(capture);
  const said = (await heardBy(target)).slice(4);
  expect((await saidTo(target)).slice(4)).toEqual([
    'jobs insert 3',
    'jobs update 2',
    'JobDone 2 {"n":1}',
    'JobDone 2 {"n":2}',
    'jobs update 3',
    'JobFailed 3 {"why":"late"}',
  ]);
  const { position } = said[2]!;
  const lsn = `${(position >> 32n).toString(16)}/${(position & 0xffff_ffffn).toString(16)}`.toUpperCase();
  expect(said.flatMap(({ id }) => id || [])).toEqual([`${lsn}/1/0`, `${lsn}/1/1`, `${lsn}/2/0`]);
});

test('what a translation throws at waits with later changes of its row, and its events come when it does not any more', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(heardSchema);
  await legacy.raw(`INSERT INTO jobs VALUES (1, 'open'), (2, 'open')`);
  let isBroken = true;
  const fragile: Translation = (change) => {
    if (isBroken && change.after?.['note'] === 'bad') throw new RangeError('do not keep 4711');
    return ended(change);
  };
  const capture = setup.startCapture({ readModels: [heard({ translate: { jobs: fragile }, outbox })] });
  await fenced(capture);
  await legacy.raw(`UPDATE jobs SET state = 'done', note = 'bad' WHERE id = 1`);
  await legacy.raw(`UPDATE jobs SET state = 'failed', note = 'good' WHERE id = 1`);
  await legacy.raw(`UPDATE jobs SET state = 'done' WHERE id = 2`);
  await legacy.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('JobDone', '1', '{"n": 7}')`);
  await fenced(capture);
  expect(await saidTo(target)).toEqual(['JobDone 2 {"n":1}', 'JobDone 2 {"n":2}', 'JobDone 1 {"n":7}']);
  const [letter] = await letters.list(target);
  expect(letter).toMatchObject({
    kind: 'change',
    source: 'translation of public.jobs',
    sourceKey: ['1'],
    code: 'RangeError',
    message: expect.stringContaining('the text is not kept'),
    changesSince: 1,
  });
  isBroken = false;
  await letters.hasten(target, {});
  await until('nothing waits', async () => (await letters.list(target)).length === 0);
  expect((await saidTo(target)).slice(3)).toEqual([
    'JobDone 1 {"n":1}',
    'JobDone 1 {"n":2}',
    'JobFailed 1 {"why":"good"}',
  ]);
  await fenced(capture);
});
