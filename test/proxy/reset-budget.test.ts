import { expect, test } from 'vitest';
import { ResetBudget } from '../../proxy/reset-budget.ts';

function spendAll(budget: ResetBudget, now: number): number {
  let spent = 0;
  while (budget.spend(now)) spent += 1;
  return spent;
}

test('256 resets may come at once, and 20 more with every second, however long nothing came', () => {
  const budget = new ResetBudget();
  expect(spendAll(budget, 1_000)).toBe(256);
  expect(spendAll(budget, 2_050)).toBe(20);
  expect(spendAll(budget, 1_000_000)).toBe(256);
});
