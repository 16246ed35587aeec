import type { Clock } from '../../src/kernel/clock.ts';
import type { Exchange, HttpAnswer } from '../../src/kernel/exchange.ts';
import type { LegacyVariation, VariationScope } from '../../src/kernel/legacy-variation.ts';
import type { NormalizedLegacyCache } from '../../src/config/legacy-cache-rule.ts';
import { legacyCacheMs } from '../../src/config/legacy-cache-rule.ts';
import type { Judgement, JudgePorts } from '../judge.ts';
import { sizeOf } from '../outstanding.ts';
import { BehindSuspicion } from './behind-suspicion.ts';
import { cachedForMs } from './cached-for.ts';
import { heldBack, type HoldReason } from './judge-past-cache.ts';
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

/** Keeps mismatches back where one side may be behind without anybody knowing, and finds out where that is so. */
export class CacheWatch {
  readonly #options: CacheWatchOptions;
  /** That legacy is behind, and that the candidate is. */
  readonly #cached = new BehindSuspicion();
  readonly #late = new BehindSuspicion();
  readonly #waits = new WaitingRoom(waitLimits);
  readonly #rechecks = new WaitingRoom(recheckLimits);
  readonly #rechecked = new Set<string>();

  constructor(options: CacheWatchOptions) {
    this.#options = options;
  }

  /**
   * A judgement as it may be told. A mismatch waits until legacy's cache must have expired, and is judged by `again`; with no
   * room to wait it is undetermined. So does one of a candidate that nobody knows the lag of, where it came to agree before.
   * Where nothing is known of either it is told at once.
   */
  async hold(
    exchange: Exchange,
    judgement: Judgement,
    { rule, isFenced }: HoldRules,
    again: (first: Judgement, reason: HoldReason) => Promise<Judgement>,
  ): Promise<Judgement> {
    if (judgement.verdict !== 'mismatch' || !judgement.legacy) return judgement;
    const route = nameOf(exchange);
    const cachedMs = Math.max(
      legacyCacheMs(rule, exchange.route) ?? 0,
      cachedForMs(judgement.legacy),
      this.#cached.suspectedMs(route) ?? 0,
    );
    const lateMs = isFenced ? 0 : (this.#late.suspectedMs(route) ?? 0);
    const waitMs = Math.max(cachedMs, lateMs);
    if (waitMs === 0) return judgement;
    const reason = cachedMs > 0 ? 'legacy-cache' : 'lag-unknown';
    // Both sides' last answers are kept as well.
    const bytes = sizeOf(exchange) + judgement.legacy.body.byteLength + (judgement.candidate?.body.byteLength ?? 0);
    const hasWaited = await this.#waits.wait(waitMs, bytes);
    return hasWaited ? again(judgement, reason) : heldBack(judgement, reason);
  }

  /** Asks again later, for one mismatch of a route at a time. Returns at once and never rejects. */
  recheck(scope: VariationScope, judgement: Judgement, isFenced: boolean, ports: JudgePorts): void {
    const route = nameOf(scope);
    if (judgement.verdict !== 'mismatch' || !judgement.legacy || !judgement.candidate) return;
    if (this.#rechecked.has(route)) return;
    this.#rechecked.add(route);
    const { legacy, candidate } = judgement;
    void this.#lookAgain(scope, { legacy, candidate, isFenced }, ports).finally(() => this.#rechecked.delete(route));
  }

  close(): void {
    this.#waits.close();
    this.#rechecks.close();
  }

  async #lookAgain(
    scope: VariationScope,
    { legacy, candidate, isFenced }: Differing,
    ports: JudgePorts,
  ): Promise<void> {
    const { clock, recheckAfterMs = defaultRecheckAfterMs } = this.#options;
    const route = nameOf(scope);
    const since = clock.now();
    const bytes = candidate.body.byteLength + legacy.body.byteLength;
    const isEqual = (one: HttpAnswer, other: HttpAnswer): boolean => ports.compare(one, other).outcome === 'equal';
    for (const afterMs of recheckAfterMs) {
      if (!(await this.#rechecks.wait(Math.max(0, since + afterMs - clock.now()), bytes))) return;
      const ours = await ports.askLegacy();
      if (ours.ok && isEqual(ours.answer, candidate)) {
        this.#agreed(this.#cached, scope, 'cache', clock.now() - since);
        return;
      }
      // Behind a fence a candidate has no excuse for coming later.
      const theirs = isFenced ? undefined : await ports.askCandidate();
      if (theirs?.ok && isEqual(legacy, theirs.answer)) {
        this.#agreed(this.#late, scope, 'lag', clock.now() - since);
        return;
      }
    }
    for (const suspicion of [this.#cached, this.#late]) suspicion.tell(route, 'never-agreed');
  }

  #agreed(suspicion: BehindSuspicion, scope: VariationScope, kind: 'cache' | 'lag', agreedAfterMs: number): void {
    const route = nameOf(scope);
    suspicion.tell(route, { agreedAfterMs });
    const seconds = Math.ceil((suspicion.suspectedMs(route) ?? agreedAfterMs) / 1_000);
    const values = { first: `${seconds}s`, second: undefined };
    this.#options.suspected(scope, { path: 'the answer', kind, isWitnessed: true, ...values });
  }
}

interface HoldRules {
  readonly rule: NormalizedLegacyCache | undefined;
  /** Whether it is known how far the candidate's read model is. */
  readonly isFenced: boolean;
}

interface Differing {
  readonly legacy: HttpAnswer;
  readonly candidate: HttpAnswer;
  readonly isFenced: boolean;
}

function nameOf({ feature, route }: Pick<VariationScope, 'feature' | 'route'>): string {
  return `${feature} ${route}`;
}
