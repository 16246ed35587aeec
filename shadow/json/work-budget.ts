/** Thrown by `spend`, and caught where the comparison begins. */
export class OutOfBudget extends Error {}

/** How many values and pairs of values a comparison may look at, so that no body can hold up the ones behind it. */
export class WorkBudget {
  #left: number;

  constructor(units: number) {
    this.#left = units;
  }

  /** Throws `OutOfBudget`. */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new OutOfBudget();
  }
}
