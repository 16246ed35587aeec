// A capturing process of its own, as compiled, so that its memory can be looked at.
// node capture-child.js <url of legacy> <url of the target>; answers 'ready', and every message with its peak memory.
import { silentLog } from '../../../dist/src/kernel/log.js';
import { migrateStore } from '../../../dist/src/store/control-store.js';
import { Capture } from '../../../dist/src/sync/capture/capture.js';
import { openTarget } from '../../../dist/src/sync/open-target.js';

const [legacyUrl, targetUrl] = process.argv.slice(2);
const target = openTarget(targetUrl);
await migrateStore(target);

const things = {
  name: 'things',
  version: 1,
  key: 'id',
  root: 'things',
  table: (t) => {
    t.bigInteger('id').primary();
    t.text('text');
    t.integer('number');
  },
  sources: { things: { key: 'id', dirty: (row) => [row.id] } },
  build: (keys, mirror) => mirror('things').whereIn('id', keys).select('id', 'text', 'number'),
};

const capture = new Capture({
  url: legacyUrl,
  migration: 'memory',
  target,
  readModels: [things],
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
