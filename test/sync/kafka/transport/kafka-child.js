// Leader and projector in a process of their own, which ends itself at a named milestone. argv: JSON of
// { legacyUrl, targetUrl, events, die?: { at, nth } }. Messages in: { ask: 'caught-up' }.
import { channel } from 'node:diagnostics_channel';
import { createJiti } from 'jiti';
import { batchDefaults } from '../../../../dist/src/sync/batch-limits.js';
import { Capture } from '../../../../dist/src/sync/capture/capture.js';
import { Leader } from '../../../../dist/src/sync/kafka/transport/leader.js';
import { TopicSource } from '../../../../dist/src/sync/kafka/transport/topic-source.js';
import { openTarget } from '../../../../dist/src/sync/open-target.js';
import { spoolDefaults } from '../../../../dist/src/sync/postgres/spool-space.js';

const { legacyUrl, targetUrl, events, die } = JSON.parse(process.argv[2]);
const { counted } = await createJiti(import.meta.url).import('./counted-model.ts');

let left = die?.nth ?? 0;
channel('strangler-fig:milestones').subscribe((name) => {
  // Synchronously: not one more instruction of ours runs.
  if (name === die?.at && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
});

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const target = openTarget(targetUrl);
const common = { url: legacyUrl, migration: 'test', target, readModels: [counted], log };
const leader = new Leader({ ...common, storeUrl: targetUrl, events });
const changes = new TopicSource({
  events,
  migration: 'test',
  target,
  storeUrl: targetUrl,
  log,
  spool: spoolDefaults,
  batch: batchDefaults,
});
const capture = new Capture({ ...common, changes, onProgress: nothing, onPosition: nothing });
process.on('disconnect', () => void leader.stop().then(() => process.exit(0)));
process.on('message', () => void caughtUp());
process.send('started');

async function caughtUp() {
  const position = await capture.source.read();
  for (;;) {
    capture.source.nudge();
    if (await capture.applied('counted').waitFor(position, 500)) break;
  }
  process.send('caught up');
}
