// Capture of the tally in a process of its own, which ends itself at a named milestone. argv: JSON of
// { legacyUrl, targetUrl, at, nth }.
import { channel } from 'node:diagnostics_channel';
import { createJiti } from 'jiti';
import { silentLog } from '../../../dist/src/kernel/log.js';
import { Capture } from '../../../dist/src/sync/capture/capture.js';
import { openTarget } from '../../../dist/src/sync/open-target.js';

const { legacyUrl, targetUrl, at, nth } = JSON.parse(process.argv[2]);
const { tally } = await createJiti(import.meta.url).import('./tally-model.ts');

let left = nth;
channel('strangler-fig:milestones').subscribe((name) => {
  // Synchronously: not one more instruction of ours runs.
  if (name === at && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
});

const capture = new Capture({
  url: legacyUrl,
  migration: 'test',
  target: openTarget(targetUrl),
  readModels: [tally(1)],
  log: silentLog,
  onProgress: () => undefined,
  onPosition: () => undefined,
});
process.on('disconnect', () => process.exit(0));
process.send?.({ started: capture.name });
