import { aligned } from '../report.js';

const fixed = (value, digits) => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits));
const megabytes = (bytes) => (bytes > 0 ? fixed(bytes / 1e6, 0) : '-');
const titles = { native: 'native subscription', ours: 'ours' };

/** Rates, with CPU per 10,000 and the most memory that our process had. `native`: what PostgreSQL itself does beside us. */
export function appliedTable({ rows }, unit, native = titles.native) {
  const head = ['', unit, 'x native', 'CPU s per 10k: all', 'of that our process', 'RSS MB at most'];
  const lines = rows.map((row) => [
    row.name === 'native' ? native : titles[row.name],
    fixed(row.perSecond, 0),
    fixed(row.ratio, 2),
    fixed(row.ownCpuPer10k + row.serverCpuPer10k, 3),
    row.name === 'ours' ? fixed(row.ownCpuPer10k, 3) : '-',
    megabytes(row.peakRssBytes),
  ]);
  return aligned([head, ...lines]);
}

export function lagTable({ rows }) {
  const head = [
    '',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'max ms',
    'probes',
    'transactions/s',
    'CPU s per 10k: all',
    'RSS MB at most',
  ];
  const lines = rows.map((row) => [
    titles[row.name],
    ...[row.p50, row.p95, row.p99, row.max].map((value) => fixed(value, 1)),
    String(row.probes),
    fixed(row.achieved, 0),
    fixed(row.ownCpuPer10k + row.serverCpuPer10k, 3),
    megabytes(row.peakRssBytes),
  ]);
  return aligned([head, ...lines]);
}
