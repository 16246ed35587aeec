import type { ConnectorScene } from './connector-scene.ts';
import { cut, type Fault, killAt, standStill } from './fault.ts';
import { repeatMessages } from './repeat-messages.ts';

/** What may happen where a Debezium connector is the source. */
const all: Readonly<Record<string, Fault<ConnectorScene>>> = {
  'Kafka Connect is killed -9': async ({ connect, random, more, restart }) => {
    await more(Math.floor(random() * 60));
    await connect.halt('unclean');
    await more();
    await restart();
  },
  'a projector of a connector is killed -9 between its commit and what follows': killAt(
    'projectors',
    'sync:committed',
    30,
  ),
  'the broker of a connector is killed -9 and starts again': async ({ broker, more }) => {
    await broker.own!.broker.halt('unclean');
    await more();
    await broker.own!.broker.start();
  },
  'a connector sends again what it has sent': async ({ events, connectorTopics, random, more }) => {
    const from = random();
    for (const topic of connectorTopics) await repeatMessages(events, topic, from, 'in-order');
    await more();
  },
  'Kafka Connect is stopped in a large transaction': async ({ legacy, connect, random, more, restart }) => {
    await more(Math.floor(random() * 30));
    await legacy.raw(`UPDATE orders SET note = note || '.'`);
    await connect.halt('in-order');
    await more();
    await restart();
  },
  'a projector of a connector is killed -9 when the mirror is written': killAt('projectors', 'sync:landed', 30),
  'a projector of a connector stands still, another one takes over, and it wakes up': async ({ projectors, more }) => {
    const zombie = await standStill(projectors);
    await more();
    zombie.thaw();
  },
  'Kafka Connect and a projector are killed -9': async ({ connect, projectors, random, more, restart }) => {
    await more(Math.floor(random() * 30));
    await Promise.all([connect.halt('unclean'), projectors.killAll()]);
    await more();
    await Promise.all([restart(), projectors.fill(1)]);
  },
  'a projector of a connector is killed -9 before its commit': killAt('projectors', 'sync:built', 30),
  'the connections of a connector and its projector to the broker are cut': (scene) =>
    cut(scene, scene.broker.own!.door),
};

export const connectorFaults = new Map(Object.entries(all));
