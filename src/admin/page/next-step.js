import { h } from './dom.js';
import { count, milliseconds, plural } from './format.js';

/** What to do when there is no feature yet: taken from what was seen. */
export function nextStep({ traffic, addresses }) {
  const reads = traffic.routes.filter(
    ({ method, path }) => method === 'GET' && path.startsWith('/') && !/\.\w+$/.test(path),
  );
  const best = reads.toSorted((a, b) => b.requests * b.p95Ms - a.requests * a.p95Ms)[0];
  return h(
    'section',
    { class: 'card', data: { key: 'next-step' }, 'aria-labelledby': 'next-title' },
    h(
      'div',
      { class: 'card-head' },
      h(
        'div',
        {},
        h('h2', { id: 'next-title' }, 'Observing'),
        h('p', { class: 'sub' }, 'Every request goes to legacy unchanged. Nothing is stored but counts.'),
      ),
    ),
    traffic.requests === 0
      ? h(
          'p',
          {},
          'Send the traffic of the application through ',
          h('code', {}, addresses.proxy),
          ' to see which routes it is made of.',
        )
      : h('p', {}, `${plural(traffic.requests, 'request')} on ${plural(traffic.routes.length, 'route')} seen so far.`),
    h('h3', {}, 'Next step'),
    best
      ? [
          h(
            'p',
            {},
            h('code', {}, `GET ${best.path}`),
            ` costs the most time of all reads: ${plural(best.requests, 'request')}, p95 ${milliseconds(best.p95Ms)}. Declare it as a feature in fig.config.ts and start `,
            h('code', {}, 'fig up'),
            '.',
          ),
          h('pre', { tabindex: 0 }, h('code', {}, snippet(best.path, addresses.legacy))),
        ]
      : h('p', {}, 'Once some reads have passed, the one that is most worth moving is suggested here.'),
    best &&
      h('p', { class: 'quiet' }, `Reads seen: ${count(reads.length)} of ${plural(traffic.routes.length, 'route')}.`),
  );
}

function snippet(path, legacy) {
  const name =
    path
      .split('/')
      .filter((part) => /^[a-z]\w*$/i.test(part) && !/^(api|v\d+)$/i.test(part))
      .at(-1)
      ?.toLowerCase() ?? 'first';
  return `// fig.config.ts
import { defineFeature, defineMigration } from 'strangler-fig'

export default defineMigration({
  legacy: { url: '${legacy.replace(/\/$/, '')}', database: process.env.LEGACY_DATABASE_URL },
  features: [
    defineFeature({
      name: '${name}',
      readModel: /* the table it answers from */,
      queries: { 'GET ${path}': async ({ params, db }) => /* one query */ },
    }),
  ],
})`;
}
