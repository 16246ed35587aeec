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
export function pageOf({ backlog, lag, sharing, takeover }) {
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
  if (sharing) {
    const { changes, rate, seconds } = sharing;
    parts.push(
      `### ${changes} changes of eight tables to eight read models\n\n${sharedBacklogTable(sharing.backlog)}`,
      `### ${rate} transactions a second for ${seconds} s to eight read models: from commit to visible\n\n${sharedStreamTable(sharing.stream)}`,
    );
  }
  if (takeover) parts.push(`### Somebody is lost\n\n${takeoverTable(takeover)}`);
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

const costTitles = [
  'CPU s per 10k: database',
  'broker, leader',
  'all that apply',
  'busiest, of a core',
  'cores busy',
  'RSS MB each',
];

function costCells(row) {
  return [
    ...[row.serverCpuPer10k, row.brokerCpuPer10k, row.ownCpuPer10k].map((value) => fixed(value, 3)),
    fixed(row.busiest, 2),
    fixed(row.cores, 2),
    megabytes(row.peakRssBytes),
  ];
}

function processes({ count, share }) {
  const who = count === 1 ? 'one process' : `${count} processes`;
  return share ? `${who}, ${share} of a core${count === 1 ? '' : ' each'}` : who;
}

function sharedBacklogTable(rows) {
  const lines = rows.map((row) => [processes(row), fixed(row.perSecond, 0), fixed(row.ratio, 2), ...costCells(row)]);
  return aligned([['', 'changes/s', 'x one', ...costTitles], ...lines]);
}

function sharedStreamTable(rows) {
  const lines = rows.map((row) => [
    processes(row),
    ...[row.p50, row.p90, row.p99, row.max].map((value) => fixed(value, 1)),
    fixed(row.achieved, 0),
    ...costCells(row),
  ]);
  return aligned([['', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'transactions/s', ...costTitles], ...lines]);
}

const lossTitles = {
  'project SIGKILL': 'one of two that apply is killed',
  'capture SIGKILL': 'the leader is killed, another stands by',
  'project SIGSTOP': 'one of two that apply stands still',
  'capture SIGSTOP': 'the leader stands still, another stands by',
};

function takeoverTable(rows) {
  const lines = rows.map(({ who, how, median, most }) => [
    lossTitles[`${who} ${how}`],
    fixed(median, 1),
    fixed(most, 1),
  ]);
  return aligned([['', 'seconds until all is applied', 'at most'], ...lines]);
}
