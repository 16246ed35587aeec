/** Where groups of differences are looked into: a thread in which nothing takes the time of users. */
import { parentPort } from 'node:worker_threads';
import { lowerThreadPriority } from '../lower-priority.ts';
import type { FromLookThread } from './look-aside.ts';
import type { LookJob } from './look-into.ts';

const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
// Before the rest is loaded, which takes the processor for long.
lowerThreadPriority();
const { lookInto } = await import('./look-into.ts');
const post = (message: FromLookThread): void => port.postMessage(message);
port.on('message', (job: LookJob) => {
  for (const finding of lookInto(job)) post({ type: 'found', finding });
});
post({ type: 'ready' });
