// One role of the transport in a process of its own, which ends itself at a named milestone. argv: JSON of
// { role: 'leader' | 'projector', legacyUrl, targetUrl, events, connector?, die?: { at, nth } }; with a connector it is that one's
// topics that the projector reads. Messages in: { ask: 'status' }.
import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { createJiti } from 'jiti';
import { batchDefaults } from '../../dist/src/sync/batch-limits.js';
import { Capture } from '../../dist/src/sync/capture/capture.js';
import { DebeziumSource } from '../../dist/src/sync/kafka/debezium/debezium-source.js';
import { Leader } from '../../dist/src/sync/kafka/transport/leader.js';
import { TopicSource } from '../../dist/src/sync/kafka/transport/topic-source.js';
import { openTarget, targetNameOf } from '../../dist/src/sync/open-target.js';
import { spoolDefaults } from '../../dist/src/sync/postgres/spool-space.js';

const { role, legacyUrl, targetUrl, events, connector, die } = JSON.parse(process.argv[2]);
const jiti = createJiti(import.meta.url);
const { counted } = await jiti.import('../sync/kafka/transport/counted-model.ts');
const { summary } = await jiti.import('../sync/summary-model.ts');

const nothing = () => undefined;
let left = die?.nth ?? 0;
channel('strangler-fig:milestones').subscribe((name) => {
  // Synchronously: not one more instruction of ours runs.
  if (name === die?.at && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
});

const lines = [];
const note = (level) => (fields, message) => {
  lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  if (lines.length > 20) lines.shift();
  if (fields.code === 'FIG_TOPIC_GAP' && connector) appendFileSync(connector.gapsFile, 'gap\n');
};
const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
// Sessions that are named after the process are ended when it stands still.
const id = randomUUID();
const target = openTarget(targetUrl, 4, { name: targetNameOf(id) });
const common = { url: legacyUrl, migration: 'faults', target, readModels: [summary, counted], process: id, log };
const { isWorking, situation } = role === 'leader' ? lead() : project();

process.on('message', () => process.send({ isWorking: isWorking(), situation: `${situation()}\n${lines.join('\n')}` }));
process.on('disconnect', () => process.exit(0));
process.send({ started: true });

function lead() {
  const leader = new Leader({ ...common, storeUrl: targetUrl, events });
  return {
    isWorking: () => leader.status().state === 'leading',
    situation: () => `${leader.status().state} ${leader.status().error}`,
  };
}

function project() {
  const where = { migration: 'faults', storeUrl: targetUrl, process: id, log };
  const changes = connector
    ? new DebeziumSource({ ...where, ...connector, access: events, legacyUrl })
    : new TopicSource({ ...where, events, target, spool: spoolDefaults, batch: batchDefaults });
  const capture = new Capture({ ...common, changes, onProgress: nothing, onPosition: nothing });
  return {
    isWorking: () => capture.applied('counted').current() !== undefined,
    situation: () => `${JSON.stringify(capture.progressOf('counted'))} ${capture.status().error}`,
  };
}
