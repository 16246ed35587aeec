import { aligned } from '../report.js';

const fixed = (value, digits) => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits));

/** One table for each kind of scenario; what a differ finds stands beside how long it takes. */
export function tablesOf(results) {
  const titles = [...new Set(results.map(({ scenario }) => scenario.title))];
  return titles
    .map((title) =>
      tableOf(
        title,
        results.filter(({ scenario }) => scenario.title === title),
      ),
    )
    .join('\n');
}

function tableOf(title, results) {
  const head = ['size', 'differ', 'ms', 'x ours', 'operations/s', 'MB at most', 'differences listed'];
  const lines = results.flatMap(({ scenario, rows }) =>
    rows.map((row) => [
      scenario.size,
      row.name,
      row.error === undefined ? fixed(row.ms, row.ms < 1 ? 4 : 2) : 'failed',
      fixed(row.ratio, 1),
      fixed(row.ms === undefined ? undefined : 1_000 / row.ms, 0),
      fixed(row.peakBytes && row.peakBytes / 1e6, 0),
      row.error ?? String(row.found ?? '-'),
    ]),
  );
  const truth = results[0].scenario.differences;
  return `### ${title}\n\nThere ${truth === 1 ? 'is 1 difference' : `are ${truth} differences`}.\n\n${aligned([head, ...lines], 1)}`;
}

export function pageOf({ results, pairs, rounds, budgetMs }) {
  const head = `Medians of ${rounds} interleaved rounds of ${budgetMs} ms each; from two bodies as bytes to the list of differences. Memory: one comparison in a process of its own.`;
  const rate =
    pairs === undefined
      ? ''
      : `\n\nPairs of 2 KB on one core, with the digest for evidence (8 of 10 identical, 1 with its keys in another order, 1 different): ${fixed(pairs, 0)} a second.`;
  return `${head}${rate}\n\n${tablesOf(results)}`;
}
