const MOST_OFTEN_MS = 20;
const LEAST_OFTEN_MS = 100;

/**
 * Waits until a condition holds; fails loudly with what was last seen. A bound against hanging, not a measurement.
 * What takes long is asked about less and less often: fifty questions a second take half a core from what is waited for.
 */
export async function until<T>(
  describe: string,
  probe: () => T | Promise<T>,
  budgetMs = 20_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const begun = Date.now();
  const deadline = begun + budgetMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    const now = Date.now();
    if (now > deadline) throw new Error(`waited in vain until ${describe}`, { cause: last });
    const pauseMs = Math.min(LEAST_OFTEN_MS, MOST_OFTEN_MS + (now - begun) / 20);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
