import { aligned } from '../report.js';

const fixed = (value, digits) => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits));
const megabytes = (bytes) => (bytes > 0 ? fixed(bytes / 1e6, 0) : '-');
const titles = {
  debezium: 'Debezium',
  leader: 'ours',
  direct: 'direct',
  kafka: 'through Kafka',
};

/** What is measured as Markdown. */
export function pageOf({ backlog, lag }) {
  const parts = [];
  if (backlog) {
    parts.push(
      `### ${backlog.changes} changes to the topic\n\n${ratesTable(backlog.toTopic, 'x Debezium')}`,
      `### The same changes to a read model\n\n${ratesTable(backlog.toReadModel, 'x direct')}`,
    );
  }
  if (lag) {
    const title = `${lag.rate} transactions a second for ${lag.seconds} s: from commit to visible`;
    parts.push(`### ${title}\n\n${lagTable(lag.rows)}`);
  }
  return parts.join('\n');
}

function ratesTable(rows, ratio) {
  const head = ['', 'changes/s', ratio, 'CPU s per 10k: database', 'process', 'RSS MB at most'];
  const lines = rows.map((row) => [
    titles[row.name],
    fixed(row.perSecond, 0),
    fixed(row.ratio, 2),
    fixed(row.serverCpuPer10k, 3),
    fixed(row.ownCpuPer10k, 3),
    megabytes(row.peakRssBytes),
  ]);
  return aligned([head, ...lines]);
}

function lagTable(rows) {
  const head = ['', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'probes', 'transactions/s', 'RSS MB at most'];
  const lines = rows.map((row) => [
    titles[row.name],
    ...[row.p50, row.p90, row.p99, row.max].map((value) => fixed(value, 1)),
    String(row.probes),
    fixed(row.achieved, 0),
    megabytes(row.peakRssBytes),
  ]);
  return aligned([head, ...lines]);
}
