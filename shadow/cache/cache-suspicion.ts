/** Later looks at one mismatch: in none did legacy agree, or in one it did. */
export type Recheck = { readonly agreedAfterMs: number } | 'never-agreed';

const SUSPECTED_FROM = 3;
const REMEMBERED = 10;
const MAX_ROUTES = 1_000;
/** Legacy may have come to agree at any time between two looks; the next cache may live a little longer. */
const MARGIN = 1.5;
const MIN_MS = 5_000;
const MAX_MS = 300_000;

/**
 * Finds out that legacy caches: on a route where it came to agree with the candidate later, again and again, it was legacy
 * that was behind. What is remembered of a route are its latest ten rechecks.
 */
export class CacheSuspicion {
  readonly #rechecks = new Map<string, Recheck[]>();

  tell(route: string, recheck: Recheck): void {
    if (!this.#rechecks.has(route) && this.#rechecks.size >= MAX_ROUTES) return;
    this.#rechecks.set(route, [...(this.#rechecks.get(route) ?? []), recheck].slice(-REMEMBERED));
  }

  /** Milliseconds that legacy seems to cache answers of the route for; undefined: it is not suspected. */
  cachedForMs(route: string): number | undefined {
    const rechecks = this.#rechecks.get(route) ?? [];
    const agreed = rechecks.flatMap((recheck) => (recheck === 'never-agreed' ? [] : [recheck.agreedAfterMs]));
    if (agreed.length < SUSPECTED_FROM || agreed.length * 2 <= rechecks.length) return undefined;
    return Math.min(MAX_MS, Math.max(MIN_MS, Math.max(...agreed) * MARGIN));
  }
}
