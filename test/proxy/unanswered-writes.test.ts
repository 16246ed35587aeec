import { connect } from 'node:http2';
import { expect, test } from 'vitest';
import { startTestProxy, startUpstream } from './support/harness.ts';
import { World, ask, entered, shop } from './support/own-writes-world.ts';
import { ca, serverFiles } from './support/tls.ts';

test('a write that legacy never answered is noted in the answer of the proxy, for every other proxy', async () => {
  const world = new World('live', 1_000_000n);
  await using upstream = await startUpstream((req, res) => {
    if (req.method === 'POST') req.socket.destroy();
    else res.end('legacy');
  });
  await using one = await startTestProxy(upstream.url, world.options());
  await using two = await startTestProxy(upstream.url, world.options());
  await entered(one);
  await entered(two);
  // Legacy may have committed it before it went away.
  const { body, setCookies } = await ask(one, 'POST', '/orders');
  expect(body).toContain('FIG_UPSTREAM_');
  expect(setCookies).toHaveLength(1);
  const note = setCookies[0]!.split(';')[0]!;
  const read = { body: 'legacy', reason: 'fence-unknown' };
  expect(await ask(two, 'GET', '/orders/1', 'session=ann')).toMatchObject({ body: 'candidate' });
  expect(await ask(two, 'GET', '/orders/1', `session=ann; ${note}`)).toMatchObject(read);
  // Who has shown the note once has written, also where it is not shown again.
  expect(await ask(two, 'GET', '/orders/1', 'session=ann')).toMatchObject(read);
  expect(await ask(two, 'GET', '/orders/1', 'session=bob')).toMatchObject({ body: 'candidate' });
});

test('over HTTP/2 a write is fenced as well, and one that legacy never answered is noted', async () => {
  const world = new World('live');
  await using upstream = await startUpstream((req, res) => {
    if (req.url === '/cut') req.socket.destroy();
    else shop(world)(req, res);
  });
  await using proxy = await startTestProxy(upstream.url, world.options({ tls: serverFiles }));
  const session = connect(`https://localhost:${proxy.port}`, { ca });
  const over = async (method: string, path: string, cookie: string): Promise<{ body: string; cookies: string[] }> => {
    const stream = session.request({ ':method': method, ':path': path, cookie }).setEncoding('utf8');
    let cookies: string[] = [];
    stream.on('response', (headers) => (cookies = headers['set-cookie'] ?? []));
    let body = '';
    for await (const chunk of stream) body += String(chunk);
    return { body, cookies };
  };
  while ((await over('GET', '/orders/1', 'session=first')).body !== 'candidate');
  expect((await over('POST', '/orders', 'session=ann')).cookies.join()).toMatch(/fig_fence=.*Secure/);
  expect((await over('GET', '/orders/1', 'session=ann')).body).toBe('legacy');
  expect(proxy.seen.at(-1)).toMatchObject({ reason: 'fence-timeout' });
  const cut = await over('POST', '/cut', 'session=bob');
  expect(cut.body).toContain('FIG_UPSTREAM_');
  expect(cut.cookies.join()).toMatch(/fig_fence=0\..*Secure/);
  session.destroy();
});
