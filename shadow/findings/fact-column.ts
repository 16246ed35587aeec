import type { Facts, FactValue } from '../../src/kernel/facts.ts';

export interface Tally {
  readonly mismatches: number;
  readonly matches: number;
}

/** One fact across a sample: how many of what differs and of what matches have which value. */
export interface FactColumn {
  readonly name: string;
  readonly values: ReadonlyMap<FactValue, Tally>;
  readonly absent: Tally;
}

/** In the order of their names. */
export function columnsOf(mismatches: readonly Facts[], matches: readonly Facts[]): readonly FactColumn[] {
  const columns = new Map<string, Map<FactValue, { mismatches: number; matches: number }>>();
  const add = (facts: Facts, side: keyof Tally): void => {
    for (const [name, value] of Object.entries(facts)) {
      let values = columns.get(name);
      if (!values) columns.set(name, (values = new Map()));
      let tally = values.get(value);
      if (!tally) values.set(value, (tally = { mismatches: 0, matches: 0 }));
      tally[side] += 1;
    }
  };
  for (const facts of mismatches) add(facts, 'mismatches');
  for (const facts of matches) add(facts, 'matches');
  return [...columns]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => {
      const present = sumOf([...values.values()]);
      const absent = {
        mismatches: mismatches.length - present.mismatches,
        matches: matches.length - present.matches,
      };
      return { name, values, absent };
    });
}

export function sumOf(tallies: readonly Tally[]): Tally {
  let [mismatches, matches] = [0, 0];
  for (const tally of tallies) {
    mismatches += tally.mismatches;
    matches += tally.matches;
  }
  return { mismatches, matches };
}
