/** How long capture waits for what it cannot hurry, and how often it looks at what sends no changes. */
export interface CaptureTimes {
  /** Much of what is done to a table sends no rows. */
  readonly lookAtCatalogEveryMs: number;
  /** Keeping the position of an idle stream writes. */
  readonly keepPositionEveryMs: number;
  /** Making a slot waits for every transaction that is writing. */
  readonly createSlotBudgetMs: number;
  /** A first copy waits for every transaction that is writing, and tells whose they are. */
  readonly tellBlockersAfterMs: number;
  /** Publishing a table waits for whoever changes it. */
  readonly publishBudgetMs: number;
}

export const captureTimes: CaptureTimes = {
  lookAtCatalogEveryMs: 5_000,
  keepPositionEveryMs: 5_000,
  createSlotBudgetMs: 30_000,
  tellBlockersAfterMs: 10_000,
  publishBudgetMs: 10_000,
};
