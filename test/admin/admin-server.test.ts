import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startAdminServer, type AdminServer, type AdminServerOptions } from '../../src/admin/admin-server.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { sampleControl, type SampleControl } from '../support/sample-control.ts';

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

const servers: AdminServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(
  control: SampleControl = sampleControl(),
  more: Partial<AdminServerOptions> = {},
): Promise<AdminServer> {
  const server = await startAdminServer({ control, port: 0, log: silentLog, ...more });
  servers.push(server);
  return server;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** node:http, because fetch does not let a test choose the Host header. */
function ask(server: AdminServer, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? JSON.parse(text) : {},
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const meant = { 'content-type': 'application/json', 'x-fig-admin': '1' };
const post = (body: unknown, headers: Record<string, string> = meant): Asked => ({
  method: 'POST',
  headers,
  body: JSON.stringify(body),
});

describe('the admin API', () => {
  it('gives status, report, metrics and health', async () => {
    const control = sampleControl();
    const server = await start(control);
    expect((await ask(server, '/status')).json).toEqual(JSON.parse(JSON.stringify(control.current)));
    expect((await ask(server, '/features/orders/report')).json).toMatchObject({
      feature: 'orders',
      matchRate: 3_304 / 3_391,
    });
    const metrics = await ask(server, '/metrics');
    expect(metrics.headers['content-type']).toContain('text/plain');
    expect(metrics.text).toContain('fig_requests_total 18423');
    expect((await ask(server, '/healthz')).json).toEqual({ ok: true });
  });

  it('says whether it is ready: 503 while it drains, also to a probe without a token', async () => {
    const control = sampleControl();
    const server = await start(control, { host: '0.0.0.0', token: 'secret' });
    expect(await ask(server, '/readyz')).toMatchObject({ status: 200, json: { ready: true, state: 'serving' } });
    control.ready = { ready: false, state: 'draining', reason: 'it is being stopped' };
    expect(await ask(server, '/readyz')).toMatchObject({
      status: 503,
      json: { ready: false, state: 'draining', reason: 'it is being stopped' },
    });
    expect((await ask(server, '/status')).status).toBe(401);
  });

  it('reloads, but not for a page of another site', async () => {
    const server = await start();
    expect((await ask(server, '/reload', post({}))).json).toEqual({ changed: ['limits.inFlight'] });
    expect((await ask(server, '/reload', { method: 'POST' })).status).toBe(415);
  });

  it('promotes and rolls back with who and why', async () => {
    const control = sampleControl();
    const server = await start(control);
    const promoted = await ask(server, '/features/orders/promote', post({ who: 'ada' }));
    expect(promoted).toMatchObject({ status: 200, json: { moved: true, to: 'canary 5%' } });
    await ask(server, '/features/orders/rollback', post({ who: 'ada', why: 'prices', to: 'legacy' }));
    expect(control.asked).toEqual([
      { feature: 'orders', who: 'ada' },
      { feature: 'orders', who: 'ada', why: 'prices', to: 'legacy' },
    ]);
  });

  it('answers a refused transition with 409 and the outcome', async () => {
    const control = sampleControl();
    control.outcome = (feature) => ({
      feature,
      moved: false,
      from: 'shadow',
      to: 'shadow',
      gate: 'FAIL',
      reason: 'they differ',
    });
    const answer = await ask(await start(control), '/features/orders/promote', post({ who: 'ada' }));
    expect(answer).toMatchObject({ status: 409, json: { moved: false, gate: 'FAIL', reason: 'they differ' } });
  });

  it.each([
    ['an unknown feature', '/features/nope/promote', { who: 'ada' }, 404, 'FIG_UNKNOWN_FEATURE'],
    ['a rollback without a reason', '/features/orders/rollback', { who: 'ada', why: '' }, 400, 'FIG_WHY_REQUIRED'],
    ['a body without who', '/features/orders/promote', {}, 400, 'FIG_ADMIN_REFUSED'],
    ['a field that does not exist', '/features/orders/promote', { who: 'ada', speed: 1 }, 400, 'FIG_ADMIN_REFUSED'],
    [
      'a phase to go back to that there is not',
      '/features/orders/rollback',
      { who: 'ada', why: 'x', to: 'live' },
      400,
      'FIG_ADMIN_REFUSED',
    ],
    [
      'a body that is too large',
      '/features/orders/promote',
      { who: 'ada', why: 'x'.repeat(20_000) },
      413,
      'FIG_ADMIN_REFUSED',
    ],
  ])('refuses %s', async (_what, path, body, status, code) => {
    const control = sampleControl();
    const answer = await ask(await start(control), path, post(body));
    expect(answer).toMatchObject({
      status,
      json: { error: { code, message: expect.any(String), remedy: expect.any(String) } },
    });
  });

  it('refuses a body that is not JSON with 400, and an unknown path with 404, both as JSON', async () => {
    const server = await start();
    const broken = await ask(server, '/features/orders/promote', { method: 'POST', headers: meant, body: '{"who":' });
    expect(broken).toMatchObject({ status: 400, json: { error: { code: 'FIG_ADMIN_REFUSED' } } });
    expect(await ask(server, '/nothing')).toMatchObject({
      status: 404,
      json: { error: { code: 'FIG_ADMIN_REFUSED' } },
    });
    expect((await ask(server, '/../admin-server.ts')).status).toBe(404);
  });

  it('answers 500 with the message when the control fails, and goes on', async () => {
    const control = sampleControl();
    control.failure = new Error('the store is away');
    const server = await start(control);
    expect(await ask(server, '/status')).toMatchObject({
      status: 500,
      json: { error: { message: 'the store is away' } },
    });
    control.failure = undefined;
    expect((await ask(server, '/status')).status).toBe(200);
  });
});

describe('the guards of the admin server', () => {
  it.each(['evil.example', 'evil.example:8089', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.0.7'])(
    'refuse the Host header %j, as a rebound name would send it',
    async (host) => {
      const answer = await ask(await start(), '/status', { headers: { host } });
      expect(answer).toMatchObject({ status: 403, json: { error: { code: 'FIG_ADMIN_REFUSED' } } });
    },
  );

  it.each(['localhost:8089', '127.0.0.1', '[::1]:8089', 'fig.localhost'])(
    'let the Host header %s pass',
    async (host) => {
      expect((await ask(await start(), '/status', { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded', 'x-fig-admin': '1' }, 415],
    ['a form that pretends', { 'content-type': 'text/plain; a=application/json', 'x-fig-admin': '1' }, 415],
    ['no content type', { 'x-fig-admin': '1' }, 415],
    ['no header of ours', { 'content-type': 'application/json' }, 403],
    ['a page of another site', { ...meant, 'sec-fetch-site': 'cross-site' }, 403],
  ])('refuse a change from %s', async (_what, headers, status) => {
    const control = sampleControl();
    const answer = await ask(await start(control), '/features/orders/promote', post({ who: 'mallory' }, headers));
    expect(answer.status).toBe(status);
    expect(control.asked).toEqual([]);
  });

  it('send a strict content security policy and let no other site read', async () => {
    const { headers } = await ask(await start(), '/');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('do not open to other machines without a token', async () => {
    await expect(start(sampleControl(), { host: '0.0.0.0' })).rejects.toMatchObject({ code: 'FIG_ADMIN_REFUSED' });
    await expect(start(sampleControl(), { host: '0.0.0.0', token: '' })).rejects.toMatchObject({
      code: 'FIG_ADMIN_REFUSED',
    });
  });

  it('ask other machines for the token, except for health', async () => {
    const server = await start(sampleControl(), { host: '0.0.0.0', token: 'sesame' });
    const status = async (path: string, authorization?: string): Promise<number> => {
      const headers = { host: 'fig.internal', ...(authorization === undefined ? {} : { authorization }) };
      return (await ask(server, path, { headers })).status;
    };
    expect(await status('/status')).toBe(401);
    expect(await status('/')).toBe(401);
    expect(await status('/status', 'Bearer wrong')).toBe(401);
    expect(await status('/status', 'Bearer sesame')).toBe(200);
    expect(await status('/healthz')).toBe(200);
  });
});

describe('the admin server', () => {
  it('says that its port is taken', async () => {
    const first = await start();
    await expect(start(sampleControl(), { port: first.port })).rejects.toMatchObject({ code: 'FIG_PORT_IN_USE' });
  });

  it('streams the status, at most to 20 at a time, and ends the streams when it stops', async () => {
    const control = sampleControl();
    const server = await start(control);
    const streams = await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.url}/events`)));
    expect(streams.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await fetch(`${server.url}/events`)).status).toBe(503);
    const reader = streams[0]!.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: status')) text += (await reader.read()).value ?? '';
    control.failure = new Error('the store is away');
    while (!text.includes('event: problem')) text += (await reader.read()).value ?? '';
    expect(text).toContain('the store is away');
    await Promise.all(streams.slice(1).map((stream) => stream.body!.cancel()));
    await server.stop();
    while (!(await reader.read()).done);
  });

  it('stops twice without complaint, and then nobody listens', async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await expect(ask(server, '/healthz')).rejects.toThrow('ECONNREFUSED');
  });
});
