import type { Knex } from 'knex';
import { defineReadModel, type ReadModelDefinition } from '../../src/config/read-model-definition.ts';
import { until } from '../support/until.ts';
import type { Capture } from '../../src/sync/capture/capture.ts';
import type { SyncSetup } from './fixtures.ts';
import { summary } from './summary-model.ts';

/** The summary of orders, with whatever a test needs to go wrong. */
export function poisoned(more: Partial<ReadModelDefinition>): ReadModelDefinition {
  return defineReadModel({ ...summary, ...more });
}

/** Fails, as a whole, where the note of one of the orders says so. */
export const failsOnPoison: ReadModelDefinition['build'] = async (keys, mirror, db) => {
  const rows = await summary.build(keys, mirror, db);
  for (const row of rows) if (row['note'] === 'poison') throw new Error(`cannot read "${String(row['customer'])}"`);
  return rows;
};

export async function seedOrders({ legacy }: SyncSetup, orders: number): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name, mood) SELECT 'customer ' || n, 'calm' FROM generate_series(1, 5) n`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount) SELECT 1 + n % 5, 'note ' || n, n FROM generate_series(1, ?) n`,
    [orders],
  );
  await legacy.raw('INSERT INTO items SELECT id, 1, id * 0.01 FROM orders');
}

export async function untilState(capture: Capture, state: string): Promise<void> {
  await until(`the read model is ${state}`, () => {
    const progress = capture.progressOf('summary');
    if (progress.state === state) return true;
    throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
  });
}

export async function caughtUp(capture: Capture): Promise<void> {
  await untilState(capture, 'ready');
  const position = await capture.source.read();
  capture.source.nudge();
  const reached = await capture.applied('summary')!.waitFor(position, 20_000);
  if (!reached) throw new Error(`the read model did not catch up: ${capture.status().error}`);
}

export function parkedKeys(capture: Capture): readonly string[] {
  return capture.lettersOf('summary').parked;
}

export async function makeDue(target: Knex): Promise<void> {
  await target('fig.dead_letter').update({ next_at: target.raw('clock_timestamp()') });
}
