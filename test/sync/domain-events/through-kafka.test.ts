import { expect, test } from 'vitest';
import { describeWithKafka } from '../../support/kafka-server.ts';
import { setupThroughKafka } from '../kafka/transport/through-kafka.ts';
import { fenced, heard, heardBy, heardSchema, outbox, saidTo } from './heard-model.ts';

const emit = (id: number): string =>
  `SELECT pg_logical_emit_message(true, 'app.event', '{"id": ${id}, "type": "JobDone", "key": "m", "data": {"n": ${id}}}')`;

describeWithKafka('domain events through a topic', () => {
  test('come as they do straight from the log: outbox, messages and translations in one order, also of large transactions', async () => {
    await using kafka = await setupThroughKafka();
    const { legacy, target } = kafka.sync;
    await legacy.raw(heardSchema);
    const model = heard(
      {
        outbox,
        messages: { prefix: 'app.event' },
        translate: {
          jobs: ({ after }) =>
            after?.['state'] === 'failed'
              ? { type: 'JobFailed', key: String(after['id']), data: { why: String(after['note']) } }
              : undefined,
        },
      },
      { rows: true },
    );
    kafka.startLeader({ readModels: [model] });
    const capture = kafka.startProjector({ readModels: [model] });
    await fenced(capture);
    await legacy.transaction(async (tx) => {
      await tx.raw(emit(1));
      await tx.raw(`INSERT INTO jobs VALUES (1, 'failed', 'a')`);
      await tx.raw(emit(2));
      await tx.raw(`INSERT INTO outbox (kind, about, payload) VALUES ('JobDone', 'o', '{"n": 3}')`);
    });
    const expected = [
      'JobDone m {"n":1}',
      'jobs insert 1',
      'JobFailed 1 {"why":"a"}',
      'JobDone m {"n":2}',
      'JobDone o {"n":3}',
    ];
    await fenced(capture);
    expect(await saidTo(target)).toEqual(expected);
    // More than fits into memory, so that it comes in pieces.
    await legacy.transaction(async (tx) => {
      for (let n = 10; n < 14; n += 1) {
        await tx.raw(`INSERT INTO jobs VALUES (${n}, 'open', repeat('x', 1000000))`);
        await tx.raw(emit(n));
        await tx.raw(`UPDATE jobs SET state = 'failed', note = 'b' WHERE id = ${n}`);
      }
    });
    await fenced(capture);
    expect((await saidTo(target)).slice(expected.length)).toEqual(
      [10, 11, 12, 13].flatMap((n) => [
        `jobs insert ${n}`,
        `JobDone m {"n":${n}}`,
        `jobs update ${n}`,
        `JobFailed ${n} {"why":"b"}`,
      ]),
    );
    // Numbers of changes go on from piece to piece.
    const ids = (await heardBy(target)).filter(({ type }) => type === 'JobFailed').map(({ id }) => id.split('/')[2]);
    expect(ids).toEqual(['0', '1', '3', '5', '7']);
  }, 60_000);
});
