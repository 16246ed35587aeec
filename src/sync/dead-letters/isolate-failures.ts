/**
 * Does work for many items at once and finds those that fail by halving: k failures among n items cost about k log2 n
 * attempts. `attempt` must leave nothing behind when it throws. What is done stays done: an item that fails only in the
 * company of others (two rows that claim one unique value) fails when its turn comes after theirs.
 */
export async function isolateFailures<T>(
  items: readonly T[],
  attempt: (part: readonly T[]) => Promise<void>,
  /** Told of an item that fails alone. False: enough is known, and what is left is not tried. */
  onFailure: (item: T, error: unknown) => boolean,
  /** Which failures may be the fault of an item; any other ends the whole. */
  isOfItem: (error: unknown) => boolean,
): Promise<boolean> {
  if (items.length === 0) return true;
  try {
    await attempt(items);
    return true;
  } catch (error) {
    if (!isOfItem(error)) throw error;
    if (items.length === 1) return onFailure(items[0]!, error);
  }
  const middle = Math.ceil(items.length / 2);
  for (const half of [items.slice(0, middle), items.slice(middle)]) {
    if (!(await isolateFailures(half, attempt, onFailure, isOfItem))) return false;
  }
  return true;
}
