import type {
  ConnectorStatus,
  LeaderStatus,
  PartitionStatus,
  ReaderStatus,
  StandbyStatus,
  TopicStatus,
  TransportStatus,
} from '../app/transport/transport-status.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPlural,
  formatRate,
  formatSeconds,
  printable,
} from './format.ts';
import type { Palette } from './palette.ts';
import { renderTable } from './render-table.ts';

const SHOWN_TOPICS = 10;

/** What there is between capture and projection, for people; nothing where changes travel by no topic. */
export function renderTransport(transport: TransportStatus | undefined, palette: Palette, now: number): string {
  if (!transport) return '';
  const { leader, leaderTakeovers, standby, topics, brokersError, readModels, connector } = transport;
  const lines: [string, string][] = [
    ...(connector
      ? [['connector', connectorText(connector)] satisfies [string, string]]
      : [['leader', leaderText(leader, leaderTakeovers, palette, now)] satisfies [string, string]]),
    ...standby.map((each): [string, string] => ['stands by', standbyText(each, palette)]),
    ...(brokersError === undefined
      ? []
      : [['brokers', palette.red(printable(brokersError))] satisfies [string, string]]),
    ...topics.slice(0, SHOWN_TOPICS).map((topic): [string, string] => ['topic', topicText(topic, palette)]),
    ...(topics.length > SHOWN_TOPICS
      ? [['', formatPlural(topics.length - SHOWN_TOPICS, 'more topic')] satisfies [string, string]]
      : []),
  ];
  const facts = lines.map(([label, text]) => `${palette.dim(label.padEnd(12))}${text}`).join('\n');
  const parts = [facts, renderReaders(readModels, palette, now), renderPartitions(readModels, palette)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function leaderText(leader: LeaderStatus | undefined, takeovers: number, palette: Palette, now: number): string {
  const taken = takeovers === 0 ? '' : `, ${formatPlural(takeovers, 'takeover')}`;
  if (!leader) return palette.red(`no process writes changes to the topic${taken}`);
  const { host, pid, since, epoch, written, changesPerSecond, bytesPerSecond, heldBytes } = leader;
  return [
    printable(`${host} ${pid}`),
    ` for ${formatDuration(now - Date.parse(since))}`,
    `, epoch ${epoch}`,
    `, ${formatRate(changesPerSecond, 'change')}, ${formatBytes(bytesPerSecond)}/s`,
    `, written to ${written ?? '-'}`,
    `, legacy keeps ${formatBytes(heldBytes)} for the slot`,
    taken,
  ].join('');
}

function standbyText({ host, pid, state, error }: StandbyStatus, palette: Palette): string {
  const where = printable(`${host} ${pid}`);
  if (error === undefined) return where;
  const why = printable(error);
  return `${where}: ${state === 'failing' ? palette.red(why) : palette.yellow(why)}`;
}

function topicText(topic: TopicStatus, palette: Palette): string {
  const { partitions, messages, retentionSeconds, replicas, inSync } = topic;
  const kept = retentionSeconds === undefined ? 'for ever' : `for ${formatDuration(retentionSeconds * 1_000)}`;
  const copies = `${inSync} of ${formatPlural(replicas, 'copy').replace('copys', 'copies')} in step`;
  return [
    printable(topic.topic),
    formatPlural(partitions.length, 'partition'),
    `${formatPlural(messages, 'message')} kept ${kept}`,
    inSync < replicas ? palette.yellow(copies) : copies,
  ].join(', ');
}

function connectorText({ connector, prefix, waitingTransactions, silentSeconds }: ConnectorStatus): string {
  const waiting = waitingTransactions === undefined ? 'unknown' : formatCount(waitingTransactions);
  const silent = silentSeconds === undefined ? 'nothing came yet' : `last message ${formatSeconds(silentSeconds)} ago`;
  return `Debezium ${connector}, prefix ${printable(prefix)}, transactions not whole yet: ${waiting}, ${silent}`;
}

function renderReaders(readModels: readonly ReaderStatus[], palette: Palette, now: number): string {
  return renderTable(
    [
      { title: 'read model' },
      { title: 'applied by' },
      { title: 'for', align: 'right' },
      { title: 'messages behind', align: 'right' },
      { title: 'behind legacy', align: 'right' },
      { title: 'rate', align: 'right' },
      { title: 'takeovers', align: 'right' },
    ],
    readModels.map(({ readModel, process, takeovers, ...figures }) => [
      palette.bold(readModel),
      process ? printable(`${process.host} ${process.pid}`) : palette.red('no process'),
      process ? formatDuration(now - Date.parse(process.since)) : '',
      formatCount(figures.lagMessages),
      figures.lagSeconds === undefined ? '-' : `${formatSeconds(figures.lagSeconds)}, ${formatBytes(figures.lagBytes)}`,
      formatRate(figures.messagesPerSecond, 'message'),
      formatCount(takeovers),
    ]),
    palette,
  );
}

/** Where there are several, those that are behind; of all read models they are the furthest behind. */
function renderPartitions(readModels: readonly ReaderStatus[], palette: Palette): string {
  const least = new Map<string, PartitionStatus>();
  for (const each of readModels.flatMap(({ partitions }) => partitions)) {
    const key = `${each.topic} ${each.partition}`;
    if (each.next <= (least.get(key)?.next ?? each.next)) least.set(key, each);
  }
  if (least.size < 2) return '';
  return renderTable(
    [
      { title: 'topic' },
      { title: 'partition', align: 'right' },
      { title: 'next', align: 'right' },
      { title: 'end', align: 'right' },
      { title: 'behind', align: 'right' },
    ],
    [...least.values()].map(({ topic, partition, next, end }) => [
      printable(topic),
      String(partition),
      String(next),
      end === undefined ? '-' : String(end),
      end === undefined ? '-' : formatCount(end - next),
    ]),
    palette,
  );
}
