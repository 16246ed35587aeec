import { endOffice, type Fault, killAt, standStill } from './fault.ts';
import { repeatMessages } from './repeat-messages.ts';
import type { Stage } from './stage.ts';

type EventFault = Fault<Pick<Stage, 'messengers' | 'random' | 'more' | 'events' | 'topics' | 'target'>>;

/** What may happen to those who publish events, relay them, and read them. */
export const eventFaults: Readonly<Record<string, EventFault>> = {
  'a publisher is killed -9 with a transaction open': killAt('messengers', 'publish:sent', 10),
  'a publisher is killed -9 when the brokers have all and the queue was not told': killAt(
    'messengers',
    'publish:committed',
    10,
  ),
  'a reader of events is killed -9 before its commit': killAt('messengers', 'sync:landed', 20),
  'a relay is killed -9 when the topic has what its table has as well': killAt('messengers', 'sync:written', 10),
  'a publisher stands still, another one takes over, and it wakes up': async ({ messengers, more }) => {
    const zombie = await standStill(messengers);
    await more();
    zombie.thaw();
  },
  'a publisher is killed -9 when the number of its last event is sent': killAt('messengers', 'publish:numbered', 10),
  'a reader of events stands still, another one takes over, and it wakes up': async ({ messengers, more }) => {
    const zombie = await standStill(messengers, 'events');
    await more();
    zombie.thaw();
  },
  'events are written again, late and out of turn': async ({ events, topics, random, more }) => {
    await repeatMessages(events, topics.relayed, random());
    await more();
  },
  'another one is given the office of the publisher': async ({ messengers, target, more }) => {
    await messengers.fill(2);
    await messengers.worker();
    await endOffice(target, 'publisher');
    await more();
    await messengers.worker();
  },
  'those who tell of events are killed -9 at any moment': async ({ messengers, random, more }) => {
    const all = [await messengers.worker(), await messengers.worker(undefined, 'events')];
    await more(Math.floor(random() * 30));
    await Promise.all(all.map((one) => one.kill()));
  },
};
