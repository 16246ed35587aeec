import { h } from './dom.js';
import { bytes, count, duration, plural, seconds } from './format.js';
import { rate, rows, since, table } from './tables.js';

/** What there is between capture and projection, where changes travel by topics. */
export function transportBox(transport) {
  const { leader, standby, topics, brokersError, readModels, connector } = transport;
  return h(
    'section',
    { class: 'card', data: { key: 'transport' }, 'aria-labelledby': 'transport-title' },
    h(
      'div',
      { class: 'card-head' },
      h(
        'div',
        {},
        h('h2', { id: 'transport-title' }, connector ? 'Topics of the connector' : 'Topic'),
        h('p', { class: 'sub' }, 'Between capture and the read models'),
      ),
      connector
        ? h('span', { class: 'pill' }, `Debezium ${connector.connector}`)
        : h('span', { class: `pill ${leader ? 'good' : 'bad'}` }, leader ? 'led' : 'no leader'),
    ),
    brokersError && h('div', { class: 'notice bad', role: 'alert' }, brokersError),
    standby
      .filter(({ error }) => error !== undefined)
      .map(({ host, pid, error }) =>
        h('div', { class: 'notice warn', role: 'alert' }, h('code', {}, `${host} ${pid}`), ` ${error}`),
      ),
    rows([...(connector ? connectorRows(connector) : leaderRows(transport)), ...topics.map(topicRow)]),
    readersTable(readModels),
    partitionsTable(readModels),
  );
}

function leaderRows({ leader, leaderTakeovers, standby }) {
  return [
    ['Leader', leader ? [h('code', {}, `${leader.host} ${leader.pid}`), ` for ${since(leader)}`] : 'none'],
    leader && ['Epoch', h('code', {}, String(leader.epoch))],
    leader && ['Written', `${rate(leader.changesPerSecond, 'changes')}, ${bytes(leader.bytesPerSecond)}/s`],
    leader && ['Written up to', leader.written === undefined ? '–' : h('code', {}, leader.written)],
    leader && ['Kept by legacy for the slot', bytes(leader.heldBytes)],
    ['Stand by', standby.length === 0 ? 'none' : standby.map(({ host, pid }) => `${host} ${pid}`).join(', ')],
    ['Takeovers', count(leaderTakeovers)],
  ].filter(Boolean);
}

function connectorRows({ prefix, waitingTransactions, silentSeconds }) {
  return [
    ['Prefix', h('code', {}, prefix)],
    ['Transactions not whole yet', count(waitingTransactions)],
    ['Last message', silentSeconds === undefined ? 'none yet' : `${seconds(silentSeconds)} ago`],
  ];
}

function topicRow({ topic, partitions, messages, retentionSeconds, replicas, inSync }) {
  const kept = retentionSeconds === undefined ? 'for ever' : `for ${duration(retentionSeconds * 1_000)}`;
  return [
    h('code', {}, topic),
    [
      `${plural(partitions.length, 'partition')}, ${plural(messages, 'message')} kept ${kept}, `,
      h(
        'span',
        inSync < replicas ? { class: 'pill warn' } : {},
        `${inSync} of ${plural(replicas, 'copy', 'copies')} in step`,
      ),
    ],
  ];
}

function readersTable(readModels) {
  return table(
    'Read models by process',
    ['Read model', 'Applied by', ['For'], ['Messages behind'], ['Behind legacy'], ['Rate'], ['Takeovers']],
    readModels.map(({ readModel, process, takeovers, ...figures }) => [
      readModel,
      [
        h('code', {}, readModel),
        process ? h('code', {}, `${process.host} ${process.pid}`) : h('span', { class: 'pill bad' }, 'no process'),
        process ? since(process) : '',
        count(figures.lagMessages),
        figures.lagSeconds === undefined ? '–' : `${seconds(figures.lagSeconds)}, ${bytes(figures.lagBytes)}`,
        rate(figures.messagesPerSecond, 'messages'),
        count(takeovers),
      ],
    ]),
  );
}

/** Of several partitions where the read model that is the furthest behind reads on. */
function partitionsTable(readModels) {
  const least = new Map();
  for (const each of readModels.flatMap(({ partitions }) => partitions)) {
    const key = `${each.topic} ${each.partition}`;
    if (each.next <= (least.get(key)?.next ?? each.next)) least.set(key, each);
  }
  if (least.size < 2) return undefined;
  return table(
    'Partitions',
    ['Topic', ['Partition'], ['Next'], ['End'], ['Behind']],
    [...least].map(([key, { topic, partition, next, end }]) => [
      key,
      [
        h('code', {}, topic),
        count(partition),
        count(next),
        count(end),
        count(end === undefined ? undefined : end - next),
      ],
    ]),
  );
}
