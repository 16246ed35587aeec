import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sleep } from '../../../../src/kernel/service.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { countedByHandler, countedByLegacy, talliesSchema } from './counted-model.ts';
import { type KafkaSetup, setupThroughKafka } from './through-kafka.ts';

const file = fileURLToPath(new URL('part-child.js', import.meta.url));
const names = ['a', 'b'];

/** A process of its own, with what it said last. */
class Part implements AsyncDisposable {
  readonly #child: ChildProcess;
  doing = '';

  constructor({ sync, events }: KafkaSetup, part: 'capture' | 'project') {
    const { legacyUrl, targetUrl } = sync;
    this.#child = fork(file, [JSON.stringify({ legacyUrl, targetUrl, events, part, names })]);
    this.#child.on('message', (doing: string) => (this.doing = doing));
  }

  async until(doing: string): Promise<void> {
    await until(`it does ${doing}`, () => this.doing === doing || Promise.reject(new Error(this.doing)), 30_000);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

describeWithKafka('a process that stands still, or is killed', () => {
  test(
    'loses what it does to another, and changes nothing when it wakes up: first who applies, then who leads',
    { timeout: 180_000 },
    async () => {
      await using kafka = await setupThroughKafka();
      await kafka.sync.legacy.raw(talliesSchema);
      await using leader = new Part(kafka, 'capture');
      await leader.until('leading');
      await using first = new Part(kafka, 'project');
      await first.until('a,b');
      await exact(kafka);
      await using second = new Part(kafka, 'project');
      await second.until('b');
      await first.until('a');

      // In the middle of work, with a transaction open in the target as likely as not.
      const writing = write(kafka);
      first.signal('SIGSTOP');
      await second.until('a,b');
      const taken = await epoch(kafka);
      first.signal('SIGCONT');
      await first.until('b');
      await second.until('a');
      await writing.stop();
      await exact(kafka);
      // It has not taken back by itself what it had held.
      expect(await epoch(kafka)).toBe(taken);

      await using standby = new Part(kafka, 'capture');
      await standby.until('standby');
      const still = write(kafka);
      leader.signal('SIGSTOP');
      await standby.until('leading');
      leader.signal('SIGCONT');
      await leader.until('standby');
      expect(standby.doing).toBe('leading');
      await still.stop();
      await exact(kafka);

      // Killed, they lose it at once, also in the middle of work.
      const more = write(kafka);
      await second.kill();
      await first.until('a,b');
      await standby.kill();
      await leader.until('leading');
      await more.stop();
      await exact(kafka);
    },
  );
});

async function epoch({ sync }: KafkaSetup): Promise<string> {
  const { epoch: now } = await sync.target('fig.projection').where({ name: 'a_v1' }).first('epoch');
  return now;
}

/** Until the read models are what legacy is: each update took effect once, and in order. */
async function exact({ sync }: KafkaSetup): Promise<void> {
  const legacy = await countedByLegacy(sync.legacy);
  for (const name of names) {
    await until(
      `${name} has caught up`,
      async () => {
        expect(await countedByHandler(sync.target, name)).toEqual(legacy);
        return true;
      },
      40_000,
    );
  }
}

function write({ sync }: KafkaSetup): { stop(): Promise<void> } {
  let isOver = false;
  const running = (async () => {
    for (let n = 0; !isOver; n += 1) {
      await sync.legacy.raw('UPDATE tallies SET updates = updates + 1 WHERE id % 20 = ?', [n % 20]);
      await sleep(5);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}
