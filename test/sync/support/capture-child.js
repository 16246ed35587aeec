// A capturing process of its own, as compiled, so that its memory can be looked at.
// node capture-child.js <url of legacy> <url of the target> <model>; answers 'ready', and every message with its peak memory.
import { silentLog } from '../../../dist/src/kernel/log.js';
import { migrateStore } from '../../../dist/src/store/control-store.js';
import { Capture } from '../../../dist/src/sync/capture/capture.js';
import { openTarget } from '../../../dist/src/sync/open-target.js';

const [legacyUrl, targetUrl, model] = process.argv.slice(2);
const target = openTarget(targetUrl);
await migrateStore(target);

const named = {
  name: 'things',
  version: 1,
  key: 'id',
  table: (t) => {
    t.bigInteger('id').primary();
    t.text('text');
    t.integer('number');
  },
};
const built = {
  ...named,
  root: 'things',
  sources: { things: { key: 'id', dirty: (row) => [row.id] } },
  build: (keys, mirror) => mirror('things').whereIn('id', keys).select('id', 'text', 'number'),
};
/** Only the lengths of texts, so that what takes memory is what is read of legacy's rows. */
const models = {
  built,
  watched: {
    ...built,
    sources: { things: { key: 'id', dirty: (row) => (row.number === -1 ? [] : [row.id]) } },
    build: (keys, mirror, db) =>
      mirror('things')
        .whereIn('id', keys)
        .select('id', 'number', { text: db.raw('length(text)::text') }),
  },
  /** One row of `lists` is part of two million keys, of which few have a row. */
  plucked: {
    ...built,
    sources: {
      ...built.sources,
      lists: {
        key: 'id',
        dirty: (_row, mirror) => mirror('lists').joinRaw('CROSS JOIN generate_series(1, 2000000) AS n').pluck('n'),
      },
    },
    build: (keys, mirror) =>
      mirror('things as t')
        .join('lists as l', 'l.id', 't.number')
        .whereIn('t.id', keys)
        .select('t.id', 'l.text', 't.number'),
  },
  handled: {
    ...named,
    sources: { things: { key: 'id', keyOf: (row) => row.id } },
    on: {
      things: async ({ before, after }, tx) => {
        if (after?.number === -1) throw new Error('refused');
        if (before) await tx('things').where({ id: before.id }).delete();
        if (after) await tx('things').insert({ id: after.id, number: after.number, text: after.text.length });
      },
    },
  },
};

const capture = new Capture({
  url: legacyUrl,
  migration: 'memory',
  target,
  readModels: [models[model]],
  log: silentLog,
  onProgress: () => undefined,
  onPosition: () => undefined,
});
await capture.untilReady(new AbortController().signal);

process.on('message', async (question) => {
  if (question === 'exit') {
    await capture.stop();
    await target.destroy();
    process.disconnect();
    return;
  }
  process.send({
    peakRss: process.resourceUsage().maxRSS * 1024,
    applied: String(capture.status().applied ?? 0n),
    error: capture.status().error,
  });
});
process.send('ready');
