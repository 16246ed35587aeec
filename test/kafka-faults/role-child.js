// One role of the transport in a process of its own, which ends itself at a named milestone. argv: JSON of
// `CrewPaths` with { role, die?: { at, nth } }. Messages in: { ask: 'status' }.
import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { createJiti } from 'jiti';
import { readModelFingerprint } from '../../dist/src/config/fingerprint.js';
import { readModelNames } from '../../dist/src/store/read-model-names.js';
import { clockOf } from '../../dist/src/sync/batch/batch-clock.js';
import { StoreClock } from '../../dist/src/sync/batch/store-clock.js';
import { batchDefaults } from '../../dist/src/sync/batch-limits.js';
import { Capture } from '../../dist/src/sync/capture/capture.js';
import { DebeziumSource } from '../../dist/src/sync/kafka/debezium/debezium-source.js';
import { Relay } from '../../dist/src/sync/kafka/domain-events/relay.js';
import { TopicReadModel } from '../../dist/src/sync/kafka/domain-events/topic-read-model.js';
import { EventPublisher } from '../../dist/src/sync/kafka/publish/event-publisher.js';
import { Leader } from '../../dist/src/sync/kafka/transport/leader.js';
import { TopicSource } from '../../dist/src/sync/kafka/transport/topic-source.js';
import { openTarget, targetNameOf } from '../../dist/src/sync/open-target.js';
import { spoolDefaults } from '../../dist/src/sync/postgres/spool-space.js';

const { role, legacyUrl, targetUrl, events, topics, isShared, connector, die } = JSON.parse(process.argv[2]);
const jiti = createJiti(import.meta.url);
const { eventTypes, heard, publishTo, queuedFor, relayTo, toldBy } = await jiti.import('./event-models.ts');

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
const begin = { leader: lead, projector: project, messenger: tell };
const { does, situation } = await begin[role]();

process.on('message', () => process.send({ does: does(), situation: `${situation()}\n${lines.join('\n')}` }));
process.on('disconnect', () => process.exit(0));
process.send({ started: true });

async function capturedModels() {
  const { counted } = await jiti.import('../sync/kafka/transport/counted-model.ts');
  const { summary } = await jiti.import('../sync/summary-model.ts');
  return [summary, counted, heard, queuedFor(topics, events)];
}

async function captured() {
  const readModels = await capturedModels();
  return { url: legacyUrl, migration: 'faults', target, readModels, process: id, log };
}

async function lead() {
  const leader = new Leader({ ...(await captured()), storeUrl: targetUrl, events });
  return {
    does: () => (leader.status().state === 'leading' ? ['leader'] : []),
    situation: () => `${leader.status().state} ${leader.status().error}`,
  };
}

async function project() {
  const common = await captured();
  const shared = isShared ? common.readModels.map((model) => readModelNames(model).projection) : undefined;
  const where = { migration: 'faults', storeUrl: targetUrl, process: id, log };
  const changes = connector
    ? new DebeziumSource({ ...where, ...connector, access: events, legacyUrl })
    : new TopicSource({ ...where, events, target, spool: spoolDefaults, batch: batchDefaults, shared });
  const capture = new Capture({ ...common, changes, onProgress: nothing, onPosition: nothing });
  const isApplied = ({ name }) => capture.applied(name)?.current() !== undefined;
  return {
    does: () => [
      ...common.readModels.filter(isApplied).map(({ name }) => name),
      ...(isApplied({ name: 'counted' }) ? ['projector'] : []),
    ],
    situation: () =>
      `${JSON.stringify(common.readModels.map(({ name }) => [name, capture.progressOf(name)]))} ${capture.status().error}`,
  };
}

/** The ways of events outside of legacy's log. */
function tell() {
  const where = { storeUrl: targetUrl, process: id, target, log };
  const publish = publishTo(topics, events);
  const publisher = new EventPublisher({ ...where, publish, migration: 'faults' });
  const relay = new Relay({ ...relayTo(topics, events), url: legacyUrl, log });
  const definition = toldBy(topics);
  const { brokers, security } = events;
  const ofTopic = { brokers, security, format: 'cloudevents', from: 'beginning', ignore: new Set() };
  const readModel = new TopicReadModel({
    ...where,
    definition,
    fingerprint: readModelFingerprint(definition),
    migration: 'faults',
    topics: [topics.published, topics.relayed].map((topic) => ({ ...ofTopic, topic })),
    types: eventTypes,
    clock: clockOf(new StoreClock(targetUrl, log), () => 'store'),
    maxLetters: 100,
    onPosition: nothing,
    onParked: nothing,
  });
  return {
    does: () => [...(publisher.status().isOn ? ['publisher'] : []), ...(readModel.report().isOwner ? ['events'] : [])],
    situation: () =>
      `${JSON.stringify([publisher.status(), relay.sent, readModel.progress()])} ${readModel.report().behind} behind`,
  };
}
