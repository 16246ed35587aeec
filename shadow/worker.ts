/** The shadow's thread, where nothing that goes wrong can touch a user's request. */
import { parentPort, workerData } from 'node:worker_threads';
import { lowerThreadPriority } from './lower-priority.ts';

if (!parentPort) throw new Error('this file runs as a worker thread');
// Before the rest is loaded: that alone takes the processor for as long as a thousand requests do.
lowerThreadPriority();
const { runWorker } = await import('./run-worker.ts');
await runWorker(parentPort, workerData);
