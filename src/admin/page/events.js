import { h } from './dom.js';
import { count, duration, seconds } from './format.js';
import { rate, rows, since, table } from './tables.js';

/** Domain events that come by topics of others, and those that are published. */
export function eventsBox({ readModels, publishing }) {
  return h(
    'section',
    { class: 'card', data: { key: 'events' }, 'aria-labelledby': 'events-title' },
    h(
      'div',
      { class: 'card-head' },
      h(
        'div',
        {},
        h('h2', { id: 'events-title' }, 'Events'),
        h('p', { class: 'sub' }, 'From topics of others, and to a topic of ours'),
      ),
      publishing &&
        h(
          'span',
          { class: `pill ${publishing.standsStill ? 'bad' : 'good'}` },
          publishing.standsStill ? 'not published' : 'published',
        ),
    ),
    publishing?.standsStill && h('div', { class: 'notice bad', role: 'alert' }, publishing.standsStill),
    readModels
      .filter(({ error }) => error !== undefined)
      .map(({ readModel, error }) =>
        h('div', { class: 'notice bad', role: 'alert' }, h('code', {}, readModel), ` ${error}`),
      ),
    publishing && rows(publishingRows(publishing)),
    readModels.length > 0 && readersTable(readModels),
    readModels.some(({ partitions }) => partitions.length > 0) && partitionsTable(readModels),
  );
}

function publishingRows(publishing) {
  const { topic, process, waiting, oldestSeconds, position, publishedSecondsAgo, failingSince, problem } = publishing;
  const failing = problem !== undefined && `${problem}, for ${duration(Date.now() - Date.parse(failingSince))}`;
  return [
    ['Topic', h('code', {}, topic)],
    ['Published by', process ? [h('code', {}, `${process.host} ${process.pid}`), ` for ${since(process)}`] : 'none'],
    ['Waiting', waiting === 0 ? '0' : `${count(waiting)}, the first for ${seconds(oldestSeconds)}`],
    [
      'Published up to',
      position === undefined ? '–' : [h('code', {}, position), `, ${seconds(publishedSecondsAgo)} ago`],
    ],
    failing && ['Fails', failing],
    publishing.deadLetters > 0 && ['Dead letters', count(publishing.deadLetters)],
    ['Ids remembered', count(publishing.rememberedIds)],
    ['Takeovers', count(publishing.takeovers)],
  ].filter(Boolean);
}

function readersTable(readModels) {
  return table(
    'Read models made of topics',
    ['Read model', 'Read by', ['For'], ['Messages behind'], ['Behind'], ['Rate'], ['Repeats'], ['Takeovers']],
    readModels.map(({ readModel, process, lagMessages, lagSeconds, messagesPerSecond, repeats, takeovers }) => [
      readModel,
      [
        h('code', {}, readModel),
        process ? h('code', {}, `${process.host} ${process.pid}`) : h('span', { class: 'pill bad' }, 'no process'),
        process ? since(process) : '',
        count(lagMessages),
        seconds(lagSeconds),
        rate(messagesPerSecond, 'messages'),
        count(repeats),
        count(takeovers),
      ],
    ]),
  );
}

function partitionsTable(readModels) {
  return table(
    'Partitions of events',
    ['Read model', 'Topic', ['Partition'], ['Next'], ['End'], ['Messages behind'], ['Behind'], 'Read by'],
    readModels.flatMap(({ readModel, process, partitions }) =>
      partitions.map(({ topic, partition, next, end, lagSeconds }) => [
        `${readModel} ${topic} ${partition}`,
        [
          h('code', {}, readModel),
          h('code', {}, topic),
          count(partition),
          count(next),
          count(end),
          count(end === undefined ? undefined : end - next),
          seconds(lagSeconds),
          process ? h('code', {}, `${process.host} ${process.pid}`) : '–',
        ],
      ]),
    ),
  );
}
