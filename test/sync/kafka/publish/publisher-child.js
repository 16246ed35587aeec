// A publisher in a process of its own, which ends itself at a named milestone. argv: JSON of
// { targetUrl, publish, die?: { at, nth } }.
import { channel } from 'node:diagnostics_channel';
import { EventPublisher } from '../../../../dist/src/sync/kafka/publish/event-publisher.js';
import { openTarget } from '../../../../dist/src/sync/open-target.js';

const { targetUrl, publish, die } = JSON.parse(process.argv[2]);

let left = die?.nth ?? 0;
channel('strangler-fig:milestones').subscribe((name) => {
  // Synchronously: not one more instruction of ours runs.
  if (name === die?.at && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
});

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const target = openTarget(targetUrl);
const publisher = new EventPublisher({ publish, migration: publish.topic, storeUrl: targetUrl, target, log });
process.on('disconnect', () => void publisher.stop().then(() => process.exit(0)));
process.send('started');
