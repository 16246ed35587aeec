import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startUpstream } from './support/harness.ts';

const child = fileURLToPath(new URL('./support/proxy-child.js', import.meta.url));
const atOnce = 32;
const batches = 20;
const perBatch = 800;

async function ask(proxy: ChildProcess, question: string): Promise<number> {
  const answered = once(proxy, 'message');
  proxy.send(question);
  const [answer] = await answered;
  return Number(answer[question]);
}

async function requests(port: number, agent: Agent, count: number): Promise<void> {
  const one = async (): Promise<void> => {
    const asked = get({ port, host: '127.0.0.1', path: '/api/orders/1', agent });
    const [answer] = await once(asked, 'response');
    answer.resume();
    await once(answer, 'end');
  };
  const lane = async (): Promise<void> => {
    for (let n = 0; n < count / atOnce; n += 1) await one();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

test('a request does not outlive its answer in memory', { timeout: 120_000 }, async () => {
  await using upstream = await startUpstream((_, res) => res.end('x'.repeat(1_700)));
  const proxy = fork(child, [upstream.url.port]);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  try {
    const [{ port }] = await once(proxy, 'message');
    await requests(port, agent, perBatch * 5);
    // A full collection in between may take it down again, so only what it grows by is added up.
    let promoted = 0;
    let before = await ask(proxy, 'oldSpace');
    for (let batch = 0; batch < batches; batch += 1) {
      await requests(port, agent, perBatch);
      const now = await ask(proxy, 'oldSpace');
      promoted += Math.max(0, now - before);
      before = now;
    }
    // Bytes for each request. With one Map that entries came to and went from it was 2,700.
    expect(promoted / (batches * perBatch)).toBeLessThan(1_000);
  } finally {
    agent.destroy();
    proxy.kill();
    if (proxy.exitCode === null && proxy.signalCode === null) await once(proxy, 'exit');
  }
});
