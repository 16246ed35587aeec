// Capture in a process of its own, which ends itself at a named milestone. argv: JSON of
// { legacyUrl, targetUrl, die?: { at, nth } }. Messages in: { ask: 'caught-up' | 'reconcile' | 'trouble' } or { jumpClockMs }.
import { channel } from 'node:diagnostics_channel';
import { createJiti } from 'jiti';
import { Capture } from '../../dist/src/sync/capture/capture.js';
import { openTarget } from '../../dist/src/sync/open-target.js';

const { legacyUrl, targetUrl, die } = JSON.parse(process.argv[2]);
const { summary } = await createJiti(import.meta.url).import('../sync/summary-model.ts');

let left = die?.nth ?? 0;
channel('strangler-fig:milestones').subscribe((name) => {
  // Synchronously: not one more instruction of ours runs.
  if (name === die?.at && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
});

const lines = [];
const note = (level) => (fields, message) => {
  lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  if (lines.length > 30) lines.shift();
};
const capture = new Capture({
  url: legacyUrl,
  migration: 'faults',
  target: openTarget(targetUrl),
  readModels: [summary],
  log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
  onProgress: () => undefined,
  onPosition: () => undefined,
});

const realNow = Date.now;
process.on('message', (message) => {
  if (message.jumpClockMs !== undefined) Date.now = () => realNow() + message.jumpClockMs;
  else if (message.ask === 'trouble') process.send({ trouble: `${capture.status().state} ${capture.status().error}` });
  else if (message.ask === 'reconcile') void reconcile();
  else void caughtUp();
});
process.on('disconnect', () => process.exit(0));
process.send({ started: true });

/** Answers once everything that is committed in legacy now is applied, or says what stands in the way. */
async function caughtUp() {
  const began = performance.now();
  let why = '';
  while (performance.now() - began < 40_000) {
    try {
      const position = await capture.source.read();
      capture.source.nudge();
      if (await capture.applied('summary').waitFor(position, 1_000)) {
        process.send({ caughtUp: true });
        return;
      }
    } catch (error) {
      why = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.send({ caughtUp: false, why: `${why} ${situation()}` });
}

/** Compares and repairs until nothing differs. */
async function reconcile() {
  const began = performance.now();
  const order = { repair: true, maxLoad: 1, onProgress: () => undefined, signal: new AbortController().signal };
  let why = '';
  while (performance.now() - began < 40_000) {
    try {
      const { state } = await capture.reconcile('summary', order);
      if (state === 'clean') {
        process.send({ reconciled: true });
        return;
      }
      why = state;
    } catch (error) {
      why = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.send({ reconciled: false, why: `${why} ${situation()}` });
}

function situation() {
  const { state, progress, error } = capture.progressOf('summary');
  return `${state} ${progress} ${error} ${capture.status().error}\n${lines.join('\n')}`;
}
