import { expect, test } from 'vitest';
import { createDeadLetterDesk } from '../../src/app/dead-letter-desk.ts';
import { createAuditStore } from '../../src/store/audit-store.ts';
import { openStore } from '../../src/store/control-store.ts';
import { until } from '../support/until.ts';
import { setupSync } from '../sync/fixtures.ts';
import { caughtUp, failsOnPoison, parkedKeys, poisoned, seedOrders } from '../sync/poison.ts';

const readModel = poisoned({ build: failsOnPoison });
const features = [
  { name: 'orders', readModel },
  { name: 'elsewhere', readModel: undefined },
];

test('orders about dead letters reach a capture that runs, and are kept in the audit', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const capture = setup.startCapture({ readModels: [readModel] });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id IN (4, 5, 6)`);
  await caughtUp(capture);
  const store = openStore(setup.targetUrl, { applicationName: 'test' });
  try {
    const desk = createDeadLetterDesk(store, features);
    await store('fig.dead_letter').update({ next_at: store.raw(`clock_timestamp() + interval '1 day'`) });
    const { letters } = await desk.list();
    expect(letters).toMatchObject([
      { feature: 'orders', readModel: 'summary', kind: 'build', key: '4' },
      { key: '5' },
      { key: '6' },
    ]);
    const [four, five] = letters;
    expect(await desk.find(four!.id)).toEqual(four);
    expect(Date.parse(four!.nextAt!)).toBeGreaterThan(Date.now());

    // A remedy that comes without a change of the key: nobody would try it again today.
    await desk.discard(four!.id, { who: 'ada', why: 'test data' });
    await until('the key is free', () => parkedKeys(capture).join() === '5,6');
    await expect(desk.discard(four!.id, { who: 'ada', why: 'again' })).rejects.toMatchObject({
      code: 'FIG_UNKNOWN_DEAD_LETTER',
    });
    await expect(desk.discard(five!.id, { who: 'ada', why: ' ' })).rejects.toMatchObject({ code: 'FIG_WHY_REQUIRED' });

    expect(await desk.retry({ id: five!.id, who: 'bob' })).toEqual({ ids: [five!.id] });
    await until('it was tried again', async () => (await desk.find(five!.id)).attempts === 2);
    await store('fig.dead_letter').update({ next_at: store.raw(`clock_timestamp() + interval '1 day'`) });
    await setup.legacy.raw(`UPDATE orders SET note = 'mended' WHERE id IN (5, 6)`);
    await caughtUp(capture);
    expect((await desk.retry({ feature: 'orders', who: 'bob' })).ids).toHaveLength(2);
    await until('all are mended', async () => (await desk.list('orders')).letters.length === 0);
    expect(await desk.list('elsewhere')).toEqual({ letters: [] });
    await expect(desk.list('nope')).rejects.toMatchObject({ code: 'FIG_UNKNOWN_FEATURE' });

    const audit = await createAuditStore(store).list('orders', 10);
    expect(audit.toReversed()).toMatchObject([
      { action: 'discard-dead-letter', from: `dead letter ${four!.id}`, to: 'discarded', who: 'ada', why: 'test data' },
      { action: 'retry-dead-letter', from: `dead letter ${five!.id}`, to: 'due now', who: 'bob' },
      { action: 'retry-dead-letter', from: 'all dead letters', who: 'bob' },
    ]);
    expect(audit.at(-1)!.evidence).toMatchObject({ kind: 'build', key: '4', code: 'Error' });
  } finally {
    await store.destroy();
  }
});
