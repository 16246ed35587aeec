import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import { GroupMember } from './group-member.ts';
import type { GroupTask } from './group-task.ts';
import { kafkaError } from './kafka-error.ts';

/**
 * Joins the group, and reads until the signal aborts. Offsets are the caller's to keep: nothing is committed unless asked.
 * Resolves when the group was left. Rejects, once, when it cannot go on: what a callback threw; FIG_KAFKA_OFFSET_GONE, when
 * the topic no longer has an offset that was to be read; FIG_KAFKA_*, when kafkajs gave up. It is never begun again by itself.
 */
export async function consumeInGroup(kafka: Kafka, task: GroupTask, signal: AbortSignal, log: Log): Promise<void> {
  if (signal.aborted) return;
  const sessionTimeout = task.sessionTimeoutMs ?? 6_000;
  const consumer = kafka.consumer({
    groupId: task.group,
    sessionTimeout,
    // Whoever does not come back by then has lost its partitions, as if it had died.
    rebalanceTimeout: sessionTimeout,
    heartbeatInterval: Math.floor(sessionTimeout / 4),
    maxWaitTimeInMs: task.maxWaitMs ?? 500,
    maxBytesPerPartition: task.maxBytes ?? 4 * 1024 ** 2,
    maxBytes: 2 * (task.maxBytes ?? 4 * 1024 ** 2),
    allowAutoTopicCreation: false,
    // Beginning again is ours to decide.
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      factor: 0.2,
      multiplier: 2,
      retries: 5,
      restartOnFailure: async () => false,
    },
  });
  const member = new GroupMember(kafka, consumer, task, Math.floor(sessionTimeout / 8));
  try {
    await run(consumer, member, task, signal);
  } finally {
    await member.close();
    await consumer.disconnect().catch((error: unknown) => {
      log.debug({ error: kafkaError(error, 'leave the group').message }, 'the group was not left in order');
    });
  }
}

async function run(consumer: Consumer, member: GroupMember, task: GroupTask, signal: AbortSignal): Promise<void> {
  const reading = `read ${task.topics.join(', ')} as a member of the group ${task.group}`;
  const listening = new AbortController();
  const ended = new Promise<FigError | undefined>((end) => {
    const onAbort = (): void => {
      member.end();
      end(undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true, signal: listening.signal });
    member.onFailure = end;
    consumer.on('consumer.crash', ({ payload }) => {
      member.end();
      end(kafkaError(payload.error, reading));
    });
  });
  consumer.on('consumer.group_join', ({ payload }) => member.assign(payload.memberAssignment));
  consumer.on('consumer.rebalancing', () => member.revoke());
  const started = start(consumer, task, (payload) => member.receive(payload)).then(
    () => undefined,
    (error: unknown) => kafkaError(error, reading),
  );
  try {
    // A start that succeeded decides nothing: what runs goes on until something ends it.
    const failure = await Promise.race([ended, started.then((error) => error ?? ended)]);
    // One that was overtaken goes on in kafkajs, and must have ended before the consumer is closed.
    await started;
    if (failure !== undefined) throw failure;
  } finally {
    listening.abort();
  }
}

async function start(
  consumer: Consumer,
  task: GroupTask,
  eachBatch: (payload: EachBatchPayload) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [...task.topics], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
}
