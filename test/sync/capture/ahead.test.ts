import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { bothAreRight, caughtUp, fillDisk, makeRoom, otherModel, shortRests, untilFailed } from '../two-models.ts';
import { summary } from '../summary-model.ts';

const both = { readModels: [summary, otherModel()], setbackRests: shortRests };

/** Takes down every position of a read model that does not lie after the one before. */
async function noteReturns(target: Knex): Promise<() => Promise<readonly unknown[]>> {
  await target.raw('CREATE TABLE public.went_back (name text)');
  await target.raw(`
    CREATE FUNCTION public.note_return() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO public.went_back VALUES (NEW.name); RETURN NEW; END $$`);
  await target.raw(`CREATE TRIGGER note_return BEFORE UPDATE ON fig.projection FOR EACH ROW
    WHEN (NEW.position < OLD.position) EXECUTE FUNCTION public.note_return()`);
  return () => target('public.went_back').select('name');
}

/** The server sends again what the read model that is behind needs, and the one that is ahead must not take it. */
test.each([
  ['a transaction', `UPDATE orders SET note = 'changed ' || id`],
  [
    'a large transaction',
    `INSERT INTO orders (id, customer_id, note, amount) SELECT 1000 + n, 1, 'n', n FROM generate_series(1, 11000) n`,
  ],
])(
  '%s that a read model has applied is not applied again when another one needs it',
  async (_, sql) => {
    await using setup = await setupSync();
    await seedOrders(setup, 20);
    const first = setup.startCapture(both);
    await caughtUp(first, 'summary');
    await caughtUp(first, 'other');
    await fillDisk(setup);
    await setup.legacy.raw(sql);
    await untilFailed(first);
    await setup.legacy.raw(`UPDATE orders SET note = 'later' WHERE id < 10`);
    await caughtUp(first, 'summary');
    await first.stop();
    const returns = await noteReturns(setup.target);
    await makeRoom(setup);
    const second = setup.startCapture(both);
    await caughtUp(second, 'summary');
    await caughtUp(second, 'other');
    expect(await returns()).toEqual([]);
    await bothAreRight(setup);
  },
  60_000,
);
