import type { Clock } from '../../src/kernel/clock.ts';
import type { Exchange } from '../../src/kernel/exchange.ts';
import type { LegacyVariation, VariationScope } from '../../src/kernel/legacy-variation.ts';
import type { NormalizedLegacyCache } from '../../src/config/legacy-cache-rule.ts';
import { legacyCacheMs } from '../../src/config/legacy-cache-rule.ts';
import type { Judgement, JudgePorts } from '../judge.ts';
import { sizeOf } from '../outstanding.ts';
import { CacheSuspicion } from './cache-suspicion.ts';
import { cachedForMs } from './cached-for.ts';
import { heldBack } from './judge-past-cache.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Judgements that wait for a cache, and rechecks of mismatches that nobody suspects yet. */
const waitLimits = { items: 100, bytes: 8 * 1024 * 1024 };
const recheckLimits = { items: 20, bytes: 2 * 1024 * 1024 };
/** When legacy is asked again, in milliseconds after the mismatch. */
const defaultRecheckAfterMs = [5_000, 20_000, 60_000];

export interface CacheWatchOptions {
  readonly clock: Clock;
  /** Told each time when legacy came to agree on a route that is suspected. */
  readonly suspected: (scope: VariationScope, variation: LegacyVariation) => void;
  readonly recheckAfterMs?: readonly number[] | undefined;
}

/** Keeps mismatches back that a cache of legacy's may have made, and finds out where there is one. */
export class CacheWatch {
  readonly #options: CacheWatchOptions;
  readonly #suspicion = new CacheSuspicion();
  readonly #waits = new WaitingRoom(waitLimits);
  readonly #rechecks = new WaitingRoom(recheckLimits);
  readonly #rechecked = new Set<string>();

  constructor(options: CacheWatchOptions) {
    this.#options = options;
  }

  /**
   * A judgement as it may be told. A mismatch waits until legacy's cache must have expired, and is judged by `again`; with no
   * room to wait it is undetermined. Where nothing is known of a cache it is told at once.
   */
  async hold(
    exchange: Exchange,
    judgement: Judgement,
    rule: NormalizedLegacyCache | undefined,
    again: (first: Judgement) => Promise<Judgement>,
  ): Promise<Judgement> {
    if (judgement.verdict !== 'mismatch' || !judgement.legacy) return judgement;
    const { feature, route } = exchange;
    const waitMs = Math.max(
      legacyCacheMs(rule, route) ?? 0,
      cachedForMs(judgement.legacy),
      this.#suspicion.cachedForMs(`${feature} ${route}`) ?? 0,
    );
    if (waitMs === 0) return judgement;
    return (await this.#waits.wait(waitMs, sizeOf(exchange))) ? again(judgement) : heldBack(judgement);
  }

  /** Asks legacy again later, for one mismatch of a route at a time. Returns at once and never rejects. */
  recheck(scope: VariationScope, judgement: Judgement, ports: JudgePorts): void {
    const route = `${scope.feature} ${scope.route}`;
    if (judgement.verdict !== 'mismatch' || !judgement.legacy || !judgement.candidate) return;
    if (this.#rechecked.has(route) || this.#suspicion.cachedForMs(route) !== undefined) return;
    this.#rechecked.add(route);
    void this.#lookAgain(scope, judgement, ports).finally(() => this.#rechecked.delete(route));
  }

  close(): void {
    this.#waits.close();
    this.#rechecks.close();
  }

  async #lookAgain(scope: VariationScope, { candidate, legacy }: Judgement, ports: JudgePorts): Promise<void> {
    const { clock, recheckAfterMs = defaultRecheckAfterMs, suspected } = this.#options;
    const route = `${scope.feature} ${scope.route}`;
    const since = clock.now();
    const bytes = candidate!.body.byteLength + legacy!.body.byteLength;
    for (const afterMs of recheckAfterMs) {
      if (!(await this.#rechecks.wait(Math.max(0, since + afterMs - clock.now()), bytes))) return;
      const asked = await ports.askLegacy();
      if (!asked.ok || ports.compare(asked.answer, candidate!).outcome !== 'equal') continue;
      this.#suspicion.tell(route, { agreedAfterMs: clock.now() - since });
      const seconds = Math.ceil((this.#suspicion.cachedForMs(route) ?? clock.now() - since) / 1_000);
      suspected(scope, {
        path: 'the answer',
        kind: 'cache',
        isWitnessed: true,
        first: `${seconds}s`,
        second: undefined,
      });
      return;
    }
    this.#suspicion.tell(route, 'never-agreed');
  }
}
