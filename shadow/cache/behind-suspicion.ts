/** Later looks at one mismatch: in none did the side that may be behind agree, or in one it did. */
export type Recheck = { readonly agreedAfterMs: number } | 'never-agreed';

const SUSPECTED_FROM = 3;
const REMEMBERED = 10;
const MAX_ROUTES = 1_000;
/** It may have come to agree at any time between two looks; the next time may take a little longer. */
const MARGIN = 1.5;
const MIN_MS = 5_000;
const MAX_MS = 300_000;

/**
 * Finds out that one side is behind: on a route where it came to say later what the other said, again and again, it was not
 * wrong. What is remembered of a route are its latest ten rechecks.
 */
export class BehindSuspicion {
  readonly #rechecks = new Map<string, Recheck[]>();

  tell(route: string, recheck: Recheck): void {
    if (!this.#rechecks.has(route) && this.#rechecks.size >= MAX_ROUTES) return;
    this.#rechecks.set(route, [...(this.#rechecks.get(route) ?? []), recheck].slice(-REMEMBERED));
  }

  /** Milliseconds that it seems to be behind on the route; undefined: it is not suspected. */
  suspectedMs(route: string): number | undefined {
    const rechecks = this.#rechecks.get(route) ?? [];
    const agreed = rechecks.flatMap((recheck) => (recheck === 'never-agreed' ? [] : [recheck.agreedAfterMs]));
    if (agreed.length < SUSPECTED_FROM || agreed.length * 2 <= rechecks.length) return undefined;
    return Math.min(MAX_MS, Math.max(MIN_MS, Math.max(...agreed) * MARGIN));
  }
}
