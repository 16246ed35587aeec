import { expect, test } from 'vitest';
import { anyKey } from '../../../src/kernel/parked-keys.ts';
import { discardLetter } from '../../../src/store/dead-letter-orders.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { drained, nothing, parked, picky, withNumber } from './poison-handlers.ts';
import { replayed } from './replayed-history.ts';
import { fenced, sums, tally, tallySchema, told, untilState } from './tally-model.ts';

const seed = `INSERT INTO moves (id, grp, n) SELECT n, 'g' || n % 5, n FROM generate_series(1, 20) n;
  INSERT INTO tags VALUES ('a', 1, 1), ('b', 1, 1)`;
const letters = new DeadLetterStore();

async function started(model = picky()) {
  const setup = await setupSync();
  await setup.legacy.raw(tallySchema);
  await setup.legacy.raw(seed);
  const capture = setup.startCapture({ readModels: [model.model] });
  await fenced(capture);
  return { ...setup, setup, capture, ...model, [Symbol.asyncDispose]: () => setup[Symbol.asyncDispose]() };
}

test('a change that is not taken waits with all that follows it in its row; the rest goes on, and all comes in order', async () => {
  await using run = await started();
  const { setup, legacy, target, capture, refuse } = run;
  refuse(withNumber(666));
  await legacy.transaction(async (tx) => {
    await tx.raw(`UPDATE moves SET n = 7, rev = rev + 1 WHERE id = 3`);
    await tx.raw(`UPDATE moves SET n = 666, rev = rev + 1 WHERE id = 3`);
    await tx.raw(`UPDATE moves SET n = 8, grp = 'other', rev = rev + 1 WHERE id = 3`);
    await tx.raw(`UPDATE moves SET n = 9, rev = rev + 1 WHERE id = 4`);
  });
  // It is another row for its table, and the same for its history.
  await legacy.raw(`UPDATE moves SET id = 300, rev = rev + 1 WHERE id = 3`);
  await legacy.raw(`UPDATE moves SET n = 10, rev = rev + 1 WHERE id = 300`);
  await fenced(capture);
  // The groups that the row was in since it is parked, and no other.
  expect(parked(capture)).toEqual(['g3', 'other']);
  const [letter] = await letters.list(target);
  expect(letter).toMatchObject({
    kind: 'change',
    source: 'public.moves',
    sourceKey: ['3'],
    code: 'RangeError',
    message: expect.stringMatching(/^at test\/.+:\d+:\d+ \(the text is not kept\)$/),
    changesSince: 3,
  });
  const events = await told(target, 1);
  expect(events.filter(({ kind }) => kind === 'update').map(({ after }) => [after!['id'], after!['n']])).toEqual([
    ['3', '7'],
    ['4', '9'],
  ]);

  refuse(nothing);
  await drained(capture, target);
  expect(parked(capture)).toEqual([]);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  const rows = replayed(await told(target, 1), { inOrder: 'of each row' }).moves;
  expect(rows.find(({ id }) => id === '300')).toMatchObject({ n: '10', rev: 5 });
  expect(await target('fig.parked_change').select()).toEqual([]);
});

test('without keyOf nobody knows which keys are wrong, so any read may be about them', async () => {
  await using run = await started();
  const { legacy, capture, refuse } = run;
  refuse(({ after }) => after?.['weight'] === 666);
  await legacy.raw(`UPDATE tags SET weight = 666, rev = rev + 1 WHERE name = 'a'`);
  await fenced(capture);
  expect(parked(capture)).toEqual([anyKey]);
});

test('a row that takes the place of a parked one, and a truncate, wait for all that they come after', async () => {
  await using run = await started();
  const { setup, legacy, target, capture, refuse } = run;
  refuse((change) => withNumber(666)(change) || change.after?.['weight'] === 666);
  await legacy.raw(`UPDATE moves SET n = 666, rev = rev + 1 WHERE id IN (1, 2, 3)`);
  await fenced(capture);
  expect((await letters.list(target)).length).toBe(3);
  await legacy.transaction(async (tx) => {
    await tx.raw(`DELETE FROM moves WHERE id = 2`);
    await tx.raw(`UPDATE moves SET id = 2, rev = rev + 1 WHERE id = 1`);
    await tx.raw(`UPDATE moves SET n = 5, rev = rev + 1 WHERE id = 2`);
  });
  await fenced(capture);
  expect((await letters.list(target)).map(({ changesSince }) => changesSince)).toEqual([4, 0]);
  await legacy.raw(`TRUNCATE moves`);
  await legacy.raw(`INSERT INTO moves (id, grp, n) VALUES (1, 'again', 1), (77, 'new', 2)`);
  await legacy.raw(`UPDATE tags SET weight = 3, rev = rev + 1`);
  await fenced(capture);
  expect((await letters.list(target)).map(({ changesSince }) => changesSince)).toEqual([8]);
  // Nothing of the source is told before the truncate is.
  expect((await told(target, 1)).filter(({ source, kind }) => source === 'moves' && kind !== 'snapshot')).toEqual([]);
  refuse(nothing);
  await drained(capture, target);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  replayed(await told(target, 1), { inOrder: 'of each row' });
});

test('to discard means to leave out the first change and to go on with the next', async () => {
  await using run = await started();
  const { legacy, target, capture, refuse } = run;
  refuse(withNumber(666));
  await legacy.raw(`UPDATE moves SET n = 666, rev = rev + 1 WHERE id = 3`);
  await legacy.raw(`UPDATE moves SET n = 667, rev = rev + 1 WHERE id = 3`);
  await legacy.raw(`UPDATE moves SET n = 668, rev = rev + 1 WHERE id = 3`);
  await fenced(capture);
  const [letter] = await letters.list(target);
  const order = { feature: 'f', projection: 'tally_v1', who: 'somebody', why: 'of no use' };
  expect(await discardLetter(target, { ...order, id: letter!.id })).toBe(true);
  await until('nothing is parked', () => parked(capture).length === 0);
  const updates = (await told(target, 1)).filter(({ kind }) => kind === 'update');
  expect(updates.map(({ before, after }) => [before!['n'], after!['n']])).toEqual([
    ['666', '667'],
    ['667', '668'],
  ]);
  const audited = await target('fig.audit').where({ action: 'discard-dead-letter' }).select('why');
  expect(audited).toEqual([{ why: 'of no use' }]);
});

test('with more parked rows than the cap the read model is out of use until somebody asks, and is then made anew', async () => {
  const model = picky();
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(seed);
  const options = { readModels: [model.model], maxLetters: () => 2 };
  const first = setup.startCapture(options);
  await fenced(first);
  model.refuse(withNumber(666));
  await legacy.raw(`UPDATE moves SET n = 666, rev = rev + 1 WHERE id <= 2`);
  await fenced(first);
  expect(parked(first)).toEqual(['g1', 'g2']);
  await legacy.raw(`UPDATE moves SET n = 666, rev = rev + 1 WHERE id IN (3, 4)`);
  await untilState(first, 'paused');
  expect(first.applied('tally')!.current()).toBeUndefined();
  expect(first.progressOf('tally').error).toMatch(/^out of use: \d rows are parked \(at most 2 may be\)/);
  await legacy.raw(`UPDATE moves SET n = 1, rev = rev + 1 WHERE id <= 10`);
  await legacy.raw(`DELETE FROM tags`);
  await first.stop();
  // To start again is not to ask: it would make all anew each time.
  const second = setup.startCapture(options);
  await untilState(second, 'paused');
  const [letter] = await letters.list(target);
  expect(letter!.nextAt).toBeUndefined();
  await letters.hasten(target, { id: letter!.id });
  await fenced(second);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  expect(await letters.list(target)).toEqual([]);
});

test('a row that a handler does not take while rows are walked is parked as well', async () => {
  const model = picky();
  await using setup = await setupSync();
  await setup.legacy.raw(tallySchema);
  await setup.legacy.raw(seed);
  model.refuse(({ kind, after }) => kind === 'snapshot' && after['id'] === '7');
  const capture = setup.startCapture({ readModels: [model.model] });
  await fenced(capture);
  expect(parked(capture)).toEqual(['g2']);
  await setup.legacy.raw(`UPDATE moves SET n = n + 1, rev = rev + 1`);
  await fenced(capture);
  model.refuse(nothing);
  await drained(capture, setup.target);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  replayed(await told(setup.target, 1), { inOrder: 'of each row' });
});

test('a handler that passes over the failure of its own statement is found out, and nothing of it is left', async () => {
  await using setup = await setupSync();
  const { legacy, target } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(seed);
  const plain = tally(1);
  const careless: typeof plain = {
    ...plain,
    on: {
      ...plain.on,
      moves: async (change, tx) => {
        await plain.on['moves']!(change, tx);
        if (change.kind === 'update') await tx.raw('SELECT 1 / 0').catch(() => undefined);
      },
    },
  };
  const capture = setup.startCapture({ readModels: [careless] });
  await fenced(capture);
  await legacy.raw(`UPDATE moves SET n = 5, rev = rev + 1 WHERE id = 1`);
  await legacy.raw(`UPDATE tags SET weight = 5, rev = rev + 1`);
  await fenced(capture);
  expect(await letters.list(target)).toMatchObject([{ kind: 'change', code: '25P02' }]);
  expect((await told(target, 1)).filter(({ kind }) => kind === 'update').map(({ source }) => source)).toEqual([
    'tags',
    'tags',
  ]);
});

test('when the mirror does not take a row, what waited is void, and to try again means to copy and to give everything again', async () => {
  await using run = await started();
  const { setup, legacy, target, capture, refuse } = run;
  refuse(withNumber(666));
  await legacy.raw(`UPDATE moves SET n = 666, rev = rev + 1 WHERE id = 3`);
  await fenced(capture);
  await target.raw('ALTER TABLE mirror_tally_v1.moves ADD CONSTRAINT small CHECK (n < 1000)');
  await legacy.raw(`UPDATE moves SET n = 1000, rev = rev + 1 WHERE id = 6`);
  await untilState(capture, 'paused');
  const left = await letters.list(target);
  expect(left).toMatchObject([{ kind: 'land', source: 'public.moves', sourceKey: ['6'], nextAt: undefined }]);
  expect(await target('fig.parked_change').select()).toEqual([]);
  refuse(nothing);
  await letters.hasten(target, { id: left[0]!.id });
  await fenced(capture);
  const { stored, fresh } = await sums(setup, 1);
  expect(stored).toEqual(fresh);
  expect(parked(capture)).toEqual([]);
});
