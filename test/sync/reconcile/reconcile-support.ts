import { expect } from 'vitest';
import type { Reconciliation } from '../../../src/store/reconciliation-store.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import type { ReconcileOrder } from '../../../src/sync/reconcile/reconcile-read-model.ts';
import { until } from '../../support/until.ts';
import type { SyncSetup } from '../fixtures.ts';

export async function seedOrders({ legacy }: SyncSetup, orders: number): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name, mood) SELECT 'customer ' || n, 'calm' FROM generate_series(1, 50) n`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount, big)
     SELECT 1 + n % 50, 'note ' || n, n * 12345678901234567.0123456789, '{"n": 12345678901234567890}'
       FROM generate_series(1, ?) n`,
    [orders],
  );
  await legacy.raw('INSERT INTO items SELECT id, line, id * line * 0.01 FROM orders, generate_series(1, 3) line');
}

export async function untilReady(capture: Capture, readModel = 'summary'): Promise<void> {
  await until('the read model is ready', () => {
    if (capture.progressOf(readModel).state === 'ready') return true;
    throw new Error(`${JSON.stringify(capture.progressOf(readModel))} ${capture.status().error ?? ''}`);
  });
}

export async function caughtUp(capture: Capture, readModel = 'summary'): Promise<void> {
  await untilReady(capture, readModel);
  const position = await capture.source.read();
  capture.source.nudge();
  expect(await capture.applied(readModel)!.waitFor(position, 20_000)).toBe(true);
}

/** Reconciles without leaving legacy alone in between, unless told otherwise. */
export function reconcile(
  capture: Capture,
  order: Partial<ReconcileOrder> = {},
  readModel = 'summary',
): Promise<Reconciliation> {
  return capture.reconcile(readModel, {
    repair: false,
    maxLoad: 1,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...order,
  });
}

/** `{ 'public.orders': 'missing 1, repaired 1' }`; parts without a difference are left out. */
export function differences({ parts }: Reconciliation): Record<string, string> {
  const kinds = ['missing', 'extra', 'different', 'undetermined', 'repaired'] as const;
  const told = parts.map((part): [string, string] => [
    part.name,
    kinds
      .filter((kind) => part[kind] > 0)
      .map((kind) => `${kind} ${part[kind]}`)
      .join(', '),
  ]);
  return Object.fromEntries(told.filter(([, text]) => text !== ''));
}
