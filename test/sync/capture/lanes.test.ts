import { expect, test } from 'vitest';
import type { Position } from '../../../src/kernel/position.ts';
import { setupSync } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';
import {
  bothAreRight,
  caughtUp,
  confirmed,
  fillDisk,
  makeRoom,
  otherModel,
  shortRests,
  storedOther,
  untilFailed,
  untilReady,
  walSender,
} from '../two-models.ts';

const both = { readModels: [summary, otherModel()], setbackRests: shortRests };

test('a read model that fails is left behind: the other goes on in the same session, and nothing the failed one needs is forgotten', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({
    ...both,
    onPosition: (model, at) => void (model === 'other' && told.push(at)),
  });
  await untilReady(capture, 'summary');
  await caughtUp(capture, 'other');
  const session = await walSender(setup);
  await fillDisk(setup);
  const before = await storedOther(setup);
  await setup.legacy.raw(`UPDATE orders SET note = 'while the disk is full' WHERE id < 20`);
  await untilFailed(capture);
  expect(capture.applied('other')!.current()).toBeUndefined();
  expect(told.at(-1)).toBeUndefined();
  expect(capture.progressOf('other').error).toContain('no room is left on the disk');
  for (let n = 0; n < 5; n += 1) {
    await setup.legacy.raw('UPDATE items SET price = price + 1');
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
  }
  expect(await walSender(setup)).toBe(session);
  expect(await storedOther(setup)).toEqual(before);
  const { position } = await setup.target('fig.projection').where({ name: 'other_v1' }).first('position');
  expect((await confirmed(setup)) <= BigInt(position)).toBe(true);
  expect(capture.heldFor('other')).toBeGreaterThan(0);
  expect(capture.heldFor('summary')).toBe(0);

  await makeRoom(setup);
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  await bothAreRight(setup);
  expect(capture.heldFor('other')).toBe(0);
});
