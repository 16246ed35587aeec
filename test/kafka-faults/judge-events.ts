/** An event as it was read: of each kind and key they are numbered from 1 on. */
export interface NumberedEvent {
  readonly type: string;
  readonly key: string;
  readonly n: number;
}

/** What is wrong with what was read. */
export interface EventFigures {
  readonly lost: number;
  readonly doubled: number;
  /** Events that come behind a later one of their kind and key. */
  readonly outOfOrder: number;
}

export const nothingWrong: EventFigures = { lost: 0, doubled: 0, outOfOrder: 0 };

/** `expected`: how many there are of each `type key`. What nobody expects counts as doubled. Pure. */
export function judgeEvents(events: readonly NumberedEvent[], expected: ReadonlyMap<string, number>): EventFigures {
  const seen = new Map<string, number[]>();
  for (const { type, key, n } of events) {
    const name = `${type} ${key}`;
    const numbers = seen.get(name);
    if (numbers) numbers.push(n);
    else seen.set(name, [n]);
  }
  let [lost, doubled, outOfOrder] = [0, 0, 0];
  for (const name of new Set([...seen.keys(), ...expected.keys()])) {
    const numbers = seen.get(name) ?? [];
    const count = expected.get(name) ?? 0;
    const wanted = new Set(numbers.filter((n) => n >= 1 && n <= count));
    lost += count - wanted.size;
    doubled += numbers.length - wanted.size;
    outOfOrder += numbers.filter((n, at) => at > 0 && n < numbers[at - 1]!).length;
  }
  return { lost, doubled, outOfOrder };
}
