import { expect, test } from 'vitest';
import { FigError } from '../../src/kernel/fig-error.ts';
import { rawClient, startTestProxy, startUpstream, until } from './support/harness.ts';

test('a port that is taken is told with a remedy', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  const starting = startTestProxy(upstream.url, { port: upstream.port });
  await expect(starting).rejects.toMatchObject({
    code: 'FIG_PORT_IN_USE',
    remedy: expect.stringContaining('--listen'),
  });
});

test('an address that is not of this machine is told', async () => {
  const starting = startTestProxy(new URL('http://127.0.0.1:1'), { host: '203.0.113.1' });
  await expect(starting).rejects.toMatchObject({ code: 'FIG_LISTEN_FAILED' });
});

test('a legacy URL with a path is refused, because it would be ignored', async () => {
  const starting = startTestProxy(new URL('http://127.0.0.1:1/base'));
  await expect(starting).rejects.toBeInstanceOf(FigError);
});

test('a route that cannot be matched is told by name', async () => {
  const routes = [{ route: 'GET /a/:id(', method: 'GET', path: '/a/:id(' }];
  const starting = startTestProxy(new URL('http://127.0.0.1:1'), {
    features: [{ name: 'a', routes, candidateTimeoutMs: 1_000 }],
  });
  await expect(starting).rejects.toMatchObject({ message: expect.stringContaining('GET /a/:id(') });
});

test('stopping lets a request in flight finish, and may be asked for twice', async () => {
  let finish: (() => void) | undefined;
  await using upstream = await startUpstream((_, res) => {
    finish = () => res.end('done');
  });
  const proxy = await startTestProxy(upstream.url, { stopGraceMs: 10_000 });
  const idle = await rawClient(proxy.port);
  const answer = fetch(proxy.url);
  await until(() => finish !== undefined);
  const stopped = proxy.proxy.stop();
  expect(proxy.proxy.stop()).toBe(stopped);
  await expect(rawClient(proxy.port)).rejects.toThrow('ECONNREFUSED');
  finish?.();
  expect(await (await answer).text()).toBe('done');
  await stopped;
  expect(proxy.proxy.inFlight).toBe(0);
  await until(() => idle.closed() && upstream.sockets.size === 0);
});

test('stopping breaks off what does not finish in time', async () => {
  await using upstream = await startUpstream((_, res) => {
    res.write('forever');
  });
  const proxy = await startTestProxy(upstream.url, { stopGraceMs: 20 });
  const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('forever');
  await proxy.proxy.stop();
  await until(() => client.closed() && upstream.sockets.size === 0);
  expect(proxy.seen).toMatchObject([{ aborted: true }]);
});
