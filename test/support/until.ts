/** Waits until a condition holds; fails loudly with what was last seen. A bound against hanging, not a measurement. */
export async function until<T>(
  describe: string,
  probe: () => T | Promise<T>,
  budgetMs = 20_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + budgetMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited in vain until ${describe}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
