import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startUpstream } from './support/harness.ts';

/** FIG_MEMORY_TEST_GB=10 makes it the size that is promised; by default it is what a test run has time for. */
const total = Number(process.env['FIG_MEMORY_TEST_GB'] ?? 0.5) * 1024 ** 3;
const limit = 50 * 1024 ** 2;
const chunk = Buffer.alloc(64 * 1024, 'x');
const child = fileURLToPath(new URL('./support/proxy-child.js', import.meta.url));

async function startProxyProcess(legacyPort: number) {
  const proxy = fork(child, [String(legacyPort)]);
  const port = await ask(proxy, undefined, 'port');
  return {
    port,
    rss: () => ask(proxy, 'rss', 'rss'),
    [Symbol.asyncDispose]: async () => {
      proxy.send('exit');
      if (proxy.exitCode === null) await once(proxy, 'exit');
    },
  };
}

async function ask(proxy: ChildProcess, question: string | undefined, field: string): Promise<number> {
  const answered = once(proxy, 'message');
  if (question !== undefined) proxy.send(question);
  const [answer] = await answered;
  return Number(answer[field]);
}

/** Looks at the proxy's memory every so many bytes and gives the most that was seen. */
class Watch {
  most = 0;
  #next = 0;
  readonly #rss: () => Promise<number>;

  constructor(rss: () => Promise<number>) {
    this.#rss = rss;
  }

  async look(passed: number): Promise<void> {
    if (passed < this.#next) return;
    this.#next = passed + total / 16;
    this.most = Math.max(this.most, await this.#rss());
  }
}

async function warmUp(port: number, path: string): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    await answer.arrayBuffer();
  }
}

test('an endless answer to a slow reader passes in bounded memory', { timeout: 600_000 }, async () => {
  await using upstream = await startUpstream((req, res) => {
    if (req.url === '/small') {
      res.end(Buffer.alloc(8 * 1024 * 1024, 'x'));
      return;
    }
    let left = total;
    const more = (): void => {
      while (left > 0) {
        left -= chunk.length;
        if (!res.write(chunk)) {
          res.once('drain', more);
          return;
        }
      }
      res.end();
    };
    more();
  });
  await using proxy = await startProxyProcess(upstream.port);
  await warmUp(proxy.port, '/small');
  const before = await proxy.rss();
  const watch = new Watch(proxy.rss);
  const [answer] = (await once(request({ port: proxy.port, host: '127.0.0.1', path: '/' }).end(), 'response')) as [
    IncomingMessage,
  ];
  let passed = 0;
  // Each look at the memory holds the reader up, which is when a proxy without back-pressure would fill its own.
  for await (const part of answer) {
    passed += (part as Buffer).length;
    await watch.look(passed);
  }
  expect(passed).toBeGreaterThanOrEqual(total);
  expect(watch.most - before).toBeLessThan(limit);
});

test('an endless upload to a slow upstream passes in bounded memory', { timeout: 600_000 }, async () => {
  let passed = 0;
  const watching: { watch: Watch | undefined } = { watch: undefined };
  await using upstream = await startUpstream(async (req, res) => {
    for await (const part of req) {
      passed += (part as Buffer).length;
      await watching.watch?.look(passed);
    }
    res.end('done');
  });
  await using proxy = await startProxyProcess(upstream.port);
  for (let n = 0; n < 20; n += 1) {
    const answer = await fetch(`http://127.0.0.1:${proxy.port}/`, {
      method: 'PUT',
      body: Buffer.alloc(8 * 1024 * 1024),
    });
    await answer.arrayBuffer();
  }
  const before = await proxy.rss();
  passed = 0;
  const watch = new Watch(proxy.rss);
  watching.watch = watch;
  const upload = request({ port: proxy.port, host: '127.0.0.1', path: '/', method: 'PUT' });
  const answered = once(upload, 'response');
  for (let left = total; left > 0; left -= chunk.length) {
    if (!upload.write(chunk)) await once(upload, 'drain');
  }
  upload.end();
  const [answer] = (await answered) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  expect(passed).toBeGreaterThanOrEqual(total);
  expect(watch.most - before).toBeLessThan(limit);
});
