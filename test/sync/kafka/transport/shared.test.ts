import { expect, test } from 'vitest';
import type { Capture } from '../../../../src/sync/capture/capture.ts';
import { sleep } from '../../../../src/kernel/service.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { countedAs, countedByHandler, countedByLegacy, talliesSchema } from './counted-model.ts';
import { type KafkaSetup, setupThroughKafka } from './through-kafka.ts';

const names = ['a', 'b', 'c', 'd'];
const models = { readModels: names.map((name) => countedAs(name)) };

describeWithKafka('processes that apply share the read models', () => {
  test(
    'one that joins has its share while the rest goes on, and what it had is taken over when it is gone',
    { timeout: 90_000 },
    async () => {
      await using kafka = await setupThroughKafka();
      await kafka.sync.legacy.raw(talliesSchema);
      kafka.startLeader(models);
      const first = kafka.startSharer(models);
      await caughtUp([first]);
      expect(heldBy(first)).toEqual(names);
      const before = await epochs(kafka);

      const writing = write(kafka);
      const second = kafka.startSharer(models);
      await until('the second has its share', () => heldBy(second).length === 2);
      await until('the first has the rest', () => heldBy(first).length === 2);
      await caughtUp([first, second]);
      const shared = await epochs(kafka);
      // Who stays was not taken up anew.
      const isSame = (name: string): boolean => shared.get(name) === before.get(name);
      expect(names.filter(isSame)).toEqual(heldBy(first));
      expect(names.filter((name) => !isSame(name))).toEqual(heldBy(second));

      await second.stop();
      await until('the first has all', () => heldBy(first).length === 4);
      await until('all are applied again', () => names.every((name) => first.applied(name)?.current() !== undefined));
      await writing.stop();
      await caughtUp([first]);
      const legacy = await countedByLegacy(kafka.sync.legacy);
      for (const name of names) expect(await countedByHandler(kafka.sync.target, name)).toEqual(legacy);
    },
  );

  test('whoever applies all alone and those that share wait for each other', { timeout: 60_000 }, async () => {
    await using kafka = await setupThroughKafka();
    await kafka.sync.legacy.raw(talliesSchema);
    kafka.startLeader(models);
    const alone = kafka.startProjector(models);
    await caughtUp([alone]);
    const sharer = kafka.startSharer(models);
    await until('it has its seat', () => seats(kafka).then((count) => count === 2));
    expect(heldBy(sharer)).toEqual([]);
    await alone.stop();
    await caughtUp([sharer]);
    expect(heldBy(sharer)).toEqual(names);
  });
});

function heldBy(capture: Capture): readonly string[] {
  return names.filter((name) => capture.holds(`${name}_v1`));
}

/** Until each read model was applied up to now, by whoever has it. */
async function caughtUp(captures: readonly Capture[]): Promise<void> {
  const position = await captures[0]!.source.read();
  for (const name of names) {
    await until(
      `${name} is applied`,
      () => {
        captures[0]!.source.nudge();
        const at = captures.map((capture) => capture.applied(name)?.current() ?? 0n);
        if (at.some((one) => one >= position)) return true;
        throw new Error(captures.map((each) => JSON.stringify(each.progressOf(name)) + each.status().error).join());
      },
      40_000,
    );
  }
}

async function epochs({ sync }: KafkaSetup): Promise<ReadonlyMap<string, string>> {
  const rows: { name: string; epoch: string }[] = await sync.target('fig.projection').select('name', 'epoch');
  return new Map(rows.map(({ name, epoch }) => [name.replace('_v1', ''), epoch]));
}

async function seats({ sync }: KafkaSetup): Promise<number> {
  const rows: unknown[] = await sync.target('fig.seat').where({ office: 'projector' }).select('process');
  return rows.length;
}

function write({ sync }: KafkaSetup): { stop(): Promise<void> } {
  let isOver = false;
  const running = (async () => {
    for (let n = 0; !isOver; n += 1) {
      await sync.legacy.raw('UPDATE tallies SET updates = updates + 1 WHERE id % 20 = ?', [n % 20]);
      await sleep(10);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}
