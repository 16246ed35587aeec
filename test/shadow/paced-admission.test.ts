import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PacedAdmission, type PacedAdmissionOptions } from '../../shadow/paced-admission.ts';

function start(isBehind: PacedAdmissionOptions['isBehind'] = () => false): PacedAdmission & Disposable {
  const admission = new PacedAdmission({ maxPerSecond: 100_000, isBehind });
  return Object.assign(admission, { [Symbol.dispose]: () => admission.stop() });
}

/** Asks for more than there is, and lets the loop turn, until the condition holds; the time of the test bounds it. */
async function askUntil(admission: PacedAdmission, condition: () => boolean, betweenMs = 5): Promise<void> {
  while (!condition()) {
    for (let i = 0; i < 200; i += 1) admission.admits('orders', 'GET /orders');
    await sleep(betweenMs);
  }
}

/** This thread does nothing else meanwhile, as when it computes, and leaves the processor to others. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test('the budget grows while the loop is in time, and falls to its floor while it is blocked again and again', async () => {
  using admission = start();
  const floor = admission.perSecond;
  await askUntil(admission, () => admission.perSecond >= 4 * floor);
  await askUntil(admission, () => {
    block(30);
    return admission.perSecond === floor;
  });
  expect(admission.perSecond).toBe(floor);
});

test('the budget falls to its floor while the comparator is behind, however much time the loop has', async () => {
  let isBehind = false;
  using admission = start(() => isBehind);
  const floor = admission.perSecond;
  await askUntil(admission, () => admission.perSecond >= 4 * floor);
  isBehind = true;
  await askUntil(admission, () => admission.perSecond === floor);
  isBehind = false;
  await askUntil(admission, () => admission.perSecond > floor);
});

test('questions are refused when the budget is used up, and admitted again as time passes', async () => {
  using admission = start(() => true);
  while (admission.admits('orders', 'GET /orders'));
  expect(admission.admits('orders', 'GET /items')).toBe(false);
  await askUntil(admission, () => admission.admits('orders', 'GET /items'));
});
