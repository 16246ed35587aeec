/**
 * Runs work for every item, at most so many at once, and waits for all of it also when some fails; then the first failure
 * is thrown.
 */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const [only] = items;
  if (only !== undefined && items.length === 1) return work(only);
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    // The workers share the iterator, so each item is taken once.
    for (const item of waiting) await work(item);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, worker));
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  if (rejected) throw rejected.reason;
}
