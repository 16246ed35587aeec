import { expect, test } from 'vitest';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';

async function untilEqual(setup: SyncSetup, capture: Capture): Promise<void> {
  await until(
    'the read model equals a fresh build',
    async () => {
      const position = await capture.source.read();
      capture.source.nudge();
      expect(await capture.applied('summary')!.waitFor(position, 2_000), capture.status().error).toBe(true);
      expect(await setup.actual()).toEqual(await setup.expected());
      return true;
    },
    60_000,
  );
}

test(
  'what is prepared on the target’s connections does not outlive the types of the mirror',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    const { legacy } = setup;
    await legacy.raw(`INSERT INTO customers (name) VALUES ('one')`);
    await legacy.raw(
      `INSERT INTO orders (customer_id, note, amount) SELECT 1, (SELECT string_agg(md5(n || ' ' || g), '') FROM generate_series(1, 200) g), n
         FROM generate_series(1, 5) n`,
    );
    const complaints: string[] = [];
    const note = (fields: unknown): void => void complaints.push(JSON.stringify(fields));
    const log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
    const capture = setup.startCapture({ log });
    await until('the read model is ready', () => capture.progressOf('summary').state === 'ready');
    for (const type of ['text', 'varchar(9000)', 'varchar(10000)', 'text']) {
      await legacy.raw(`ALTER TABLE orders ALTER COLUMN note TYPE ${type}`);
      // Large values are not sent again, so stored rows are read.
      await legacy.raw('UPDATE orders SET amount = amount + 1');
      await untilEqual(setup, capture);
      await legacy.raw('UPDATE orders SET amount = amount + 1 WHERE id = 2');
      await untilEqual(setup, capture);
    }
    // Sessions end because of the changes. One that ends because of a plan may find another connection next time.
    expect(complaints.filter((complaint) => complaint.includes('plan'))).toEqual([]);
  },
);
