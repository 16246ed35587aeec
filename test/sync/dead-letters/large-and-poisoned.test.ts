import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { makeDue, parkedKeys, poisoned, seedOrders, untilState } from '../poison.ts';
import { summary } from '../summary-model.ts';
import { until } from '../../support/until.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';

const rows = 200_000;

async function caughtUp(capture: Capture): Promise<void> {
  await untilState(capture, 'ready');
  const position = await capture.source.read();
  capture.source.nudge();
  await until('it is applied', () => (capture.applied('summary')!.current() ?? 0n) >= position, 200_000);
}

test(
  `a poison row in a streamed transaction of ${rows} rows parks its key, and nothing else`,
  { timeout: 240_000 },
  async () => {
    await using setup = await setupSync();
    await setup.legacy.raw(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET logical_decoding_work_mem = ''64kB''', current_database()); END $$`,
    );
    await seedOrders(setup, 10);
    const model = poisoned({
      build: (keys, mirror, db) => {
        const query = summary.build(keys, mirror, db) as ReturnType<typeof mirror>;
        return query.select({ note: db.raw(`CASE WHEN o.note = 'poison' THEN o.note::int::text ELSE o.note END`) });
      },
    });
    const sizes: string[] = [];
    const capture = setup.startCapture({ readModels: [model], onApplied: ({ size }) => sizes.push(size) });
    await caughtUp(capture);
    await setup.legacy.raw(
      `INSERT INTO orders (id, customer_id, note, amount)
     SELECT n, 1 + n % 5, CASE n WHEN 123456 THEN 'poison' ELSE 'note ' || n END, n FROM generate_series(11, ${rows}) n`,
    );
    await caughtUp(capture);
    await until('the large transaction is counted', () => sizes.includes('large'));
    expect(parkedKeys(capture)).toEqual(['123456']);
    const expected = (await setup.expected()).filter((line) => !line.includes('"poison"'));
    expect(await setup.actual()).toEqual(expected);

    await setup.legacy.raw(`UPDATE orders SET note = 'mended' WHERE id = 123456`);
    await caughtUp(capture);
    await makeDue(setup.target);
    await until('the key is built', () => parkedKeys(capture).length === 0);
    expect(await setup.actual()).toEqual(await setup.expected());
  },
);
