// A relay or a reader of a topic in a process of its own, which ends itself at a named milestone. argv: JSON of
// { role, die?: { at, nth }, ... }.
import { channel } from 'node:diagnostics_channel';
import { createJiti } from 'jiti';
import { readModelFingerprint } from '../../../../dist/src/config/fingerprint.js';
import { clockOf } from '../../../../dist/src/sync/batch/batch-clock.js';
import { StoreClock } from '../../../../dist/src/sync/batch/store-clock.js';
import { Relay } from '../../../../dist/src/sync/kafka/domain-events/relay.js';
import { TopicReadModel } from '../../../../dist/src/sync/kafka/domain-events/topic-read-model.js';
import { openTarget } from '../../../../dist/src/sync/open-target.js';

const { role, die, access, topic, storeUrl, relay } = JSON.parse(process.argv[2]);
const { sumModel, eventTypes } = await createJiti(import.meta.url).import('./sum-model.ts');

let left = die?.nth ?? 0;
channel('strangler-fig:milestones').subscribe((name) => {
  // Synchronously: not one more instruction of ours runs.
  if (name === die?.at && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
});

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const service = role === 'relay' ? new Relay({ ...relay, log }) : reader();
process.on('disconnect', () => void service.stop().then(() => process.exit(0)));
process.send('started');

function reader() {
  const definition = sumModel(topic);
  return new TopicReadModel({
    definition,
    fingerprint: readModelFingerprint(definition),
    migration: 'shop',
    topics: [{ ...access, topic, format: 'cloudevents', from: 'beginning', ignore: new Set() }],
    types: eventTypes,
    target: openTarget(storeUrl),
    storeUrl,
    clock: clockOf(new StoreClock(storeUrl, log), () => 'store'),
    maxLetters: 100,
    log,
    onPosition: nothing,
    onParked: nothing,
  });
}
