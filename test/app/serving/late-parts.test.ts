import { expect, test } from 'vitest';
import type { SeenRequest } from '../../../proxy/seen-request.ts';
import { LateParts, type RequestListener } from '../../../src/app/serving/late-parts.ts';

const seen: SeenRequest = {
  method: 'GET',
  path: '/',
  status: 200,
  servedBy: 'legacy',
  reason: 'no-route',
  tookMs: 1,
  aborted: false,
};

/** Parts with a listener that knows how many requests are under way. */
function listening(late: LateParts): { underWay: number } {
  const counted = { underWay: 0 };
  const traffic: RequestListener = {
    began: () => void (counted.underWay += 1),
    ended: () => void (counted.underWay -= 1),
  };
  late.provide({
    candidate: () => undefined,
    applied: () => undefined,
    isParked: () => false,
    source: undefined,
    sourceLog: () => undefined,
    sink: { wants: () => false, offer: () => undefined, dropped: () => undefined },
    traffic,
  });
  return counted;
}

test('whoever listens to requests is told of those that were under way when it came', () => {
  const late = new LateParts();
  late.began();
  late.began();
  late.ended(seen);
  const counted = listening(late);
  expect(counted.underWay).toBe(1);
  late.ended(seen);
  expect(counted.underWay).toBe(0);
});

test('a tunnel, whose opening alone is told, leaves no request that never began', () => {
  const late = new LateParts();
  const counted = listening(late);
  late.began();
  late.ended({ ...seen, status: 101, reason: 'upgrade' });
  expect(counted.underWay).toBe(1);
});
