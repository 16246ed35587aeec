/** ` (did you mean "tolerance"?)` when one of the known names is close to what was written, else nothing. */
export function didYouMean(written: string, known: readonly string[]): string {
  const most = Math.max(1, Math.floor(written.length / 3));
  const [nearest] = known
    .map((name) => ({ name, edits: editsBetween(written.toLowerCase(), name.toLowerCase(), most) }))
    .filter(({ edits }) => edits <= most)
    .toSorted((a, b) => a.edits - b.edits);
  return nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest.name)}?)`;
}

/** Letters put in, left out or exchanged (V. Levenshtein, 1966); some number above `most` where there are more. */
function editsBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const exchanged = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(exchanged, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
