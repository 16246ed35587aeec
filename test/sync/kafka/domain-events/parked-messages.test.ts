import { expect, test } from 'vitest';
import { createDeadLetterDesk } from '../../../../src/app/dead-letter-desk.ts';
import { anyKey } from '../../../../src/kernel/parked-keys.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { isBroken, sumModel } from './sum-model.ts';
import { cloud, paid, topicWorld } from './topic-world.ts';

describeWithKafka('an event that is not taken', () => {
  test('waits with those of its key, in their order, until its handler takes it; others go on', async () => {
    await using world = await topicWorld();
    isBroken.now = true;
    const refused = cloud(paid('a', 2, { type: 'Refused' }));
    await world.send(cloud(paid('a', 1)), refused, refused, cloud(paid('a', 3)), cloud(paid('b', 10)));
    const readModel = world.start();
    await world.untilTotals({ a: 1, b: 10 });
    await until('its key is known', () => readModel.letters().parked.join() === 'a');
    expect(world.parkings).toEqual([1]);
    expect(readModel.progress().state).not.toBe('failed');
    const letters = desk(world);
    const [letter] = (await letters.list()).letters;
    expect(letter).toMatchObject({ kind: 'message', source: world.topic, sourceKey: ['a'], changesSince: 1 });
    expect(JSON.stringify(letter)).not.toContain('nobody must read');
    isBroken.now = false;
    await letters.retry({ who: 'test' });
    await world.untilTotals({ a: 6, b: 10 });
    expect((await world.history()).filter((each) => each.startsWith('a'))).toEqual(['a 1', 'a 2', 'a 3']);
    await until('nothing waits', () => readModel.letters().count === 0);
  });

  test('is shown without what is in it when it cannot be read, and what comes after it goes on when it is discarded', async () => {
    await using world = await topicWorld();
    const poison = { ...cloud(paid('a', 1)), value: Buffer.from('secret {') };
    const undeclared = cloud(paid('c', 1, { type: 'Surprise' }));
    const misfit = cloud(paid('d', 1, { data: { amount: 'secret' } }));
    const ignored = cloud(paid('e', 1, { type: 'Known' }));
    await world.send(poison, cloud(paid('a', 2)), undeclared, misfit, ignored, cloud(paid('b', 10)));
    const readModel = world.start({}, { ignore: new Set(['Known']) });
    await world.untilTotals({ b: 10 });
    await until('all are known', () => readModel.letters().count === 3);
    const letters = desk(world);
    const found = (await letters.list()).letters;
    expect(found.map(({ message }) => message)).toEqual([
      'partition 0, offset 0: the data is no JSON',
      'partition 0, offset 2: its type Surprise is not declared in domainEvents.types',
      'partition 0, offset 3: its data does not fit the schema of Paid: amount: invalid_type',
    ]);
    expect(JSON.stringify(found)).not.toContain('secret');
    // Of one that cannot be read nobody knows which key it is about.
    expect(readModel.letters().parked).toContain(anyKey);
    await letters.discard(found[0]!.id, { who: 'test', why: 'it is broken' });
    await world.untilTotals({ a: 2, b: 10 });
    const { rows } = await world.target.raw(
      `SELECT evidence::text FROM fig.audit WHERE action = 'discard-dead-letter'`,
    );
    expect(JSON.stringify(rows)).not.toContain('secret');
  });

  test('stops the reading when there are too many, and it goes on when there are few enough', async () => {
    await using world = await topicWorld();
    const poison = ['a', 'b'].map((key) => ({ ...cloud(paid(key, 1)), value: Buffer.from('{') }));
    await world.send(...poison);
    const readModel = world.start({}, { maxLetters: 1 });
    await until('it is paused', () => readModel.progress().state === 'paused');
    expect(readModel.applied.current()).toBeUndefined();
    await world.send(cloud(paid('c', 1)));
    const letters = desk(world);
    const [first] = (await letters.list()).letters;
    expect(await world.totals()).toEqual({});
    await letters.discard(first!.id, { who: 'test', why: 'it is broken' });
    await world.untilTotals({ c: 1 });
    await until('it is ready', () => readModel.progress().state === 'ready');
  });
});

function desk(world: Awaited<ReturnType<typeof topicWorld>>): ReturnType<typeof createDeadLetterDesk> {
  return createDeadLetterDesk(world.target, [{ name: 'accounts', readModel: sumModel(world.topic) }]);
}
