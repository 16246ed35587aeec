import type { EventReaderStatus, EventsStatus, PublishingStatus } from '../app/events/events-status.ts';
import { formatCount, formatDuration, formatPlural, formatRate, formatSeconds, printable } from './format.ts';
import type { Palette } from './palette.ts';
import { renderTable } from './render-table.ts';

/** Events by topics of others and to a topic of ours, for people; nothing where there are none. */
export function renderEvents(events: EventsStatus | undefined, palette: Palette, now: number): string {
  if (!events) return '';
  const { readModels, publishing } = events;
  const parts = [
    publishing ? publishingLines(publishing, palette, now) : '',
    readModels.length > 0 ? renderReaders(readModels, palette, now) : '',
    renderPartitions(readModels, palette),
    ...readModels.flatMap(({ readModel, error }) =>
      error === undefined ? [] : [`${palette.bold(readModel)}: ${palette.red(printable(error))}`],
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function publishingLines(publishing: PublishingStatus, palette: Palette, now: number): string {
  const { topic, process, takeovers, waiting, oldestSeconds, position, publishedSecondsAgo, standsStill } = publishing;
  const { failingSince, problem, deadLetters, rememberedIds } = publishing;
  const by = process
    ? `by ${printable(`${process.host} ${process.pid}`)} for ${formatDuration(now - Date.parse(process.since))}`
    : palette.yellow('by no process');
  const queue =
    waiting === 0 ? 'none waits' : `${formatCount(waiting)} wait, the first for ${formatSeconds(oldestSeconds)}`;
  const last = position === undefined ? 'nothing yet' : `up to ${position}, ${formatSeconds(publishedSecondsAgo)} ago`;
  const letters = deadLetters === 0 ? '' : `, ${palette.red(formatPlural(deadLetters, 'dead letter'))}`;
  const taken = takeovers === 0 ? '' : `, ${formatPlural(takeovers, 'takeover')}`;
  const lines: [string, string][] = [
    ...(standsStill === undefined ? [] : [['ALERT', palette.red(printable(standsStill))] satisfies [string, string]]),
    [
      'published',
      `to ${printable(topic)} ${by}, ${last}, ${queue}${letters}, ${formatCount(rememberedIds)} ids kept${taken}`,
    ],
    ...(problem === undefined || failingSince === undefined
      ? []
      : [
          [
            'fails',
            palette.red(`for ${formatDuration(now - Date.parse(failingSince))}: ${printable(problem)}`),
          ] satisfies [string, string],
        ]),
  ];
  return lines.map(([label, text]) => `${palette.dim(label.padEnd(12))}${text}`).join('\n');
}

function renderReaders(readModels: readonly EventReaderStatus[], palette: Palette, now: number): string {
  return renderTable(
    [
      { title: 'read model of topics' },
      { title: 'read by' },
      { title: 'for', align: 'right' },
      { title: 'messages behind', align: 'right' },
      { title: 'behind', align: 'right' },
      { title: 'rate', align: 'right' },
      { title: 'repeats', align: 'right' },
      { title: 'takeovers', align: 'right' },
    ],
    readModels.map(({ readModel, process, lagMessages, lagSeconds, messagesPerSecond, repeats, takeovers }) => [
      palette.bold(readModel),
      process ? printable(`${process.host} ${process.pid}`) : palette.red('no process'),
      process ? formatDuration(now - Date.parse(process.since)) : '',
      formatCount(lagMessages),
      formatSeconds(lagSeconds),
      formatRate(messagesPerSecond, 'message'),
      formatCount(repeats),
      formatCount(takeovers),
    ]),
    palette,
  );
}

function renderPartitions(readModels: readonly EventReaderStatus[], palette: Palette): string {
  const lines = readModels.flatMap(({ readModel, process, partitions }) =>
    partitions.map(({ topic, partition, next, end, lagSeconds }) => [
      readModel,
      printable(topic),
      String(partition),
      String(next),
      end === undefined ? '-' : String(end),
      end === undefined ? '-' : formatCount(end - next),
      formatSeconds(lagSeconds),
      process ? printable(`${process.host} ${process.pid}`) : '-',
    ]),
  );
  if (lines.length === 0) return '';
  return renderTable(
    [
      { title: 'read model' },
      { title: 'topic' },
      { title: 'partition', align: 'right' },
      { title: 'next', align: 'right' },
      { title: 'end', align: 'right' },
      { title: 'messages behind', align: 'right' },
      { title: 'behind', align: 'right' },
      { title: 'read by' },
    ],
    lines,
    palette,
  );
}
