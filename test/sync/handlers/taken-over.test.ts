import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import type { Projection } from '../../../src/sync/projection/projection.ts';
import { building, rows, twoOwners } from './own-projections.ts';
import { told } from './tally-model.ts';

const taken = { code: 'FIG_PROJECTION_FAILED', message: expect.stringContaining('took over') };
const source = 'public.moves';

/** What is there; what is emptied or made anew has other files. */
async function everything(target: Knex): Promise<unknown> {
  const { rows: files } = await target.raw(
    `SELECT oid::regclass::text AS name, oid::text, relfilenode::text FROM pg_class WHERE relkind = 'r'
      AND relnamespace IN ('mirror_tally_v1'::regnamespace, 'rm_tally_v1'::regnamespace) ORDER BY 1`,
  );
  return [files, await target('fig.projection'), await target('fig.source_shape').orderBy('source')];
}

async function walkToEnd(projection: Projection): Promise<void> {
  while ((await projection.buildNext()) > 0);
  expect(projection.state).toBe('ready');
}

/** Both believe that it stands where it does; it is the other one's. */
async function takenOver() {
  const { target, one, two } = await building();
  await walkToEnd(one);
  await two.resume('f');
  await two.claim();
  return { target, one, two };
}

test.each<[string, (one: Projection) => Promise<unknown>]>([
  ['making it anew', (one) => one.restart('f', 100n, 1)],
  ['copying a source again', (one) => one.copyAgain([source])],
  [
    'filling a column',
    (one) => one.fillColumns(new Map([[source, { shape: one.mirrors.get(source)!.source.shape, columns: ['n'] }]])),
  ],
  ['noting what a source looks like', (one) => one.copies.adoptShape(source, one.mirrors.get(source)!.source.shape)],
  ['noting a timeline', (one) => one.reachedOn(7)],
  ['looking after what failed', (one) => one.mend()],
  ['building keys again', (one) => one.rebuildKeys(['g1'])],
  ['moving on', (one) => one.skipTo(200n)],
  ['putting a row right', (one) => one.correct(source, [], [['1']])],
  ['taking it up', (one) => one.resume('f')],
])('of a read model that another process serves, %s is refused although it stands where it stood', async (_, act) => {
  const { target, one, two } = await takenOver();
  const before = await everything(target);
  await expect(act(one)).rejects.toMatchObject(taken);
  expect(await everything(target)).toEqual(before);
  await two.skipTo(300n);
  expect(two.position).toBe(300n);
  expect((await told(target, 1)).length).toBe(rows);
});

test('what the first one found out of use is not made anew by it when the second one has mended it', async () => {
  const { target, one, two } = await takenOver();
  await target('fig.projection').update({ state: 'paused' });
  await two.resume('f');
  expect(await two.mend()).toBe('lifted');
  await walkToEnd(two);
  const before = await everything(target);
  await expect(one.mend()).rejects.toMatchObject(taken);
  expect(await everything(target)).toEqual(before);
});

test('of two that looked at the same time one gets it, whether it was there or not', async () => {
  const { target, one, two } = await twoOwners();
  await two.resume('f');
  await two.claim();
  await expect(one.claim()).rejects.toMatchObject(taken);
  // As when a version is dropped and another one of that name is made.
  await target('fig.projection').delete();
  const again = await Promise.allSettled([one, two].map((each) => each.resume('f')));
  expect(again.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('a projection that nobody has made yet is made by the one that claims it', async () => {
  const { target, unmade } = await twoOwners();
  const [one, two] = [unmade(), unmade()];
  await target('fig.projection').delete();
  expect(await one.resume('f')).toBe(false);
  expect(await two.resume('f')).toBe(false);
  await expect(two.restart('f', 100n, 1)).rejects.toMatchObject(taken);
  await one.claim();
  await expect(two.claim()).rejects.toMatchObject(taken);
  await one.restart('f', 100n, 1);
  await expect(two.restart('f', 100n, 1)).rejects.toMatchObject(taken);
  expect(await two.resume('f')).toBe(true);
});
