// A leader, or a process that applies its share of the read models, in a process of its own. argv: JSON of
// { legacyUrl, targetUrl, events, part, names }. Messages out: { ready } with what it does, whenever that changes.
import { randomUUID } from 'node:crypto';
import { createJiti } from 'jiti';
import { readModelNames } from '../../../../dist/src/store/read-model-names.js';
import { batchDefaults } from '../../../../dist/src/sync/batch-limits.js';
import { Capture } from '../../../../dist/src/sync/capture/capture.js';
import { Leader } from '../../../../dist/src/sync/kafka/transport/leader.js';
import { TopicSource } from '../../../../dist/src/sync/kafka/transport/topic-source.js';
import { openTarget, targetNameOf } from '../../../../dist/src/sync/open-target.js';
import { spoolDefaults } from '../../../../dist/src/sync/postgres/spool-space.js';

const { legacyUrl, targetUrl, events, part, names } = JSON.parse(process.argv[2]);
const { countedAs } = await createJiti(import.meta.url).import('./counted-model.ts');

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const id = randomUUID();
const target = openTarget(targetUrl, 8, { name: targetNameOf(id) });
const readModels = names.map((name) => countedAs(name));
const common = { url: legacyUrl, migration: 'test', target, readModels, process: id, log };
const doing = part === 'capture' ? lead() : project();

process.on('disconnect', () => process.exit(0));
setInterval(() => process.send(doing()), 50);

function lead() {
  const leader = new Leader({ ...common, storeUrl: targetUrl, events });
  return () => leader.status().state;
}

function project() {
  const shared = readModels.map((readModel) => readModelNames(readModel).projection);
  const where = { events, migration: 'test', target, storeUrl: targetUrl, process: id };
  const changes = new TopicSource({ ...where, shared, spool: spoolDefaults, batch: batchDefaults, log });
  const capture = new Capture({ ...common, changes, onProgress: nothing, onPosition: nothing });
  return () => names.filter((name) => capture.holds(`${name}_v1`)).join();
}
