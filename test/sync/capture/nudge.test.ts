import { expect, test } from 'vitest';
import type { Position } from '../../../src/kernel/position.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { until } from '../../support/until.ts';

test('that somebody waits for a position is told before the position that their nudge leads to', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 3);
  const told: (Position | 'nudge' | undefined)[] = [];
  const capture = setup.startCapture({
    onNudge: () => void told.push('nudge'),
    onPosition: (_readModel, position) => void told.push(position),
  });
  await caughtUp(capture);
  const wanted = await capture.source.read();
  told.length = 0;
  capture.source.nudge();
  await until('the position is reached', () => told.some((each) => typeof each === 'bigint' && each >= wanted));
  await until('the nudge is told', () => told.includes('nudge'));
  const after = told.slice(told.indexOf('nudge') + 1);
  expect(after.some((each) => typeof each === 'bigint')).toBe(true);
}, 60_000);
