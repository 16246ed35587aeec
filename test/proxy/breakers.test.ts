import { expect, test } from 'vitest';
import { type BreakerOpening, Breakers } from '../../proxy/breakers.ts';
import type { CandidateResult } from '../../src/kernel/candidate.ts';
import { silentLog } from '../../src/kernel/log.ts';
import type { RoutingSnapshot } from '../../src/kernel/phase.ts';

const bad: CandidateResult = { ok: false, failure: 'failed', reason: 'down', tookMs: 1 };

/** The breaker of one feature in live, whose versions take turns. */
class TakingTurns {
  readonly openings: BreakerOpening[] = [];
  readonly breakers = new Breakers({
    features: [{ name: 'orders', candidateTimeoutMs: 1_000 }],
    onOpen: (opening) => void this.openings.push(opening),
    log: silentLog,
  });
  #revision = 0;

  serve(version: number | undefined): void {
    const reads = { phase: 'live', percent: 100 } as const;
    const features: RoutingSnapshot['features'] = new Map([['orders', { feature: 'orders', reads, version }]]);
    this.breakers.learn({ revision: (this.#revision += 1), features });
  }

  /** As many failures in a row as open a breaker. Returns how many questions were let through. */
  async fail(version: number | undefined): Promise<number> {
    let asked = 0;
    const ask = async (): Promise<CandidateResult> => ((asked += 1), bad);
    for (let n = 0; n < 5; n += 1) await this.breakers.through('orders', version, ask);
    return asked;
  }
}

test('a swap closes the breaker, and a phase that is told again does not', async () => {
  const turns = new TakingTurns();
  turns.serve(2);
  await turns.fail(2);
  turns.serve(2);
  expect(turns.breakers.isOpen('orders')).toBe(true);
  turns.serve(1);
  expect(turns.breakers.isOpen('orders')).toBe(false);
});

test('a feature whose versions are not told apart has a breaker all the same', async () => {
  const turns = new TakingTurns();
  turns.serve(undefined);
  await turns.fail(undefined);
  turns.serve(undefined);
  expect(turns.breakers.isOpen('orders')).toBe(true);
});

test('requests from before a swap are answered, and their failures are not held against the version that serves since', async () => {
  const turns = new TakingTurns();
  turns.serve(2);
  turns.serve(1);
  expect(await turns.fail(2)).toBe(5);
  expect(turns.breakers.isOpen('orders')).toBe(false);
  expect(turns.openings).toEqual([]);
  await turns.fail(1);
  expect(turns.openings).toHaveLength(1);
});
