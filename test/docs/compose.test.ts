import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';
import { run } from '../cli/run-cli.ts';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly [kind: 'CMD' | 'CMD-SHELL', ...command: string[]] };
  readonly deploy?: { readonly replicas: number };
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const { services } = compose;
const names = Object.keys(services);
/** The roles of fig, with the arguments of each. */
const roles = Object.entries(services).flatMap(([name, service]) => {
  const [node, script, ...args] = service.command ?? [];
  return node === 'node' && script === 'dist/src/cli/main.js' ? [{ name, service, args }] : [];
});

afterEach(() => vi.unstubAllEnvs());

/** As docker compose would set it where the user has set nothing. */
function defaulted(value: string | number): string {
  return String(value).replace(/\$\{\w+:-([^}]*)\}/g, '$1');
}

test('two proxies, a capture with one that stands by, two that project, and control run from one image and environment', () => {
  const counts = Object.fromEntries(
    roles.map(({ service, args }) => [args.slice(0, -2).join(' '), service.deploy?.replicas ?? 1]),
  );
  expect(counts).toEqual({ proxy: 2, 'sync capture': 2, 'sync project': 2, control: 1 });
  const [first] = roles;
  for (const { service } of roles) {
    expect({ ...service, command: [], deploy: {} }).toEqual({ ...first!.service, command: [], deploy: {} });
  }
  for (const needed of ['postgres', 'store', 'kafka', 'shop', 'balancer']) expect(names).toContain(needed);
});

test.each(roles)('fig takes the command line of $name', async ({ args }) => {
  const [at, config] = args.slice(-2);
  expect([at, existsSync(`${root}${config!}`)]).toEqual(['--config', true]);
  // A command line that is understood fails for want of its config, and one that is not fails before it.
  const { stderr } = await run([...args.slice(0, -1), '/nowhere/fig.config.ts']);
  expect(stderr).toMatch(/FIG_CONFIG_NOT_FOUND/);
});

test('the config of the shop takes the environment of the containers, and names nobody who is not there', async () => {
  const environment = Object.entries(roles[0]!.service.environment ?? {}).map(
    ([name, value]) => [name, defaulted(value)] as const,
  );
  for (const [name, value] of environment) vi.stubEnv(name, value);
  const config = await loadConfig(`${root}examples/shop/fig.config.ts`);
  expect(config).toMatchObject({
    listen: { host: '0.0.0.0' },
    trust: { hops: 1 },
    events: { via: 'kafka', brokers: ['kafka:9092'] },
  });
  const urls = [config.legacy.url.href, config.legacy.database, config.store].map((url) => new URL(url!));
  expect(urls.map(({ hostname }) => hostname)).toEqual(['shop', 'postgres', 'store']);
  for (const [index, name] of (['postgres', 'store'] as const).entries()) {
    const { POSTGRES_DB: database, POSTGRES_PASSWORD: password } = services[name]!.environment!;
    expect(urls[index + 1]!.pathname).toBe(`/${database!}`);
    expect(urls[index + 1]!.password).toBe(defaulted(password!));
  }
  expect(services['kafka']!.environment).toMatchObject({ KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka:9092' });
  const shopSources = ['fig.config.ts', 'features/orders.ts'].map((file) => read(`examples/shop/${file}`)).join('\n');
  for (const [name] of environment) {
    const isRead = shopSources.includes(`'${name}'`) || read('src/config/normalize-config.ts').includes(name);
    expect(isRead, name).toBe(true);
  }
});

const checks = Object.entries(services).flatMap(([name, { healthcheck }]) =>
  healthcheck?.test.join(' ').includes('node') === true ? [{ name, declared: healthcheck.test }] : [],
);

test('the roles of fig and the shop have a health check', () => {
  expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['shop', ...roles.map(({ name }) => name)]));
});

test.each(checks)(
  'the health check of $name runs as Docker runs it, and believes a good answer only',
  async ({ declared }) => {
    const asked: string[] = [];
    let status = 200;
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [kind, ...command] = declared.map((part) =>
      part.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`).replaceAll('$$', '$'),
    );
    const [file, ...args] = kind === 'CMD' ? command : ['/bin/sh', '-c', command.join(' ')];
    const check = async (): Promise<number | null> => {
      const [code] = (await once(spawn(file!, args, { stdio: 'ignore' }), 'exit')) as [number | null];
      return code;
    };
    try {
      expect(await check()).toBe(0);
      expect(asked).toEqual([expect.stringMatching(/^\/(readyz|api\/products)$/)]);
      status = 503;
      expect(await check()).toBe(1);
    } finally {
      server.close();
    }
    await once(server, 'close');
    expect(await check()).toBe(1);
  },
);

test('what is installed is not installed again under those who run, unless it failed', async () => {
  const [shell, ...args] = services['install']!.command!;
  const folder = await mkdtemp(join(tmpdir(), 'fig-compose-'));
  try {
    await mkdir(join(folder, 'node_modules'));
    const install = async (npm: string): Promise<{ code: number | null; runs: number }> => {
      await writeFile(join(folder, 'npm'), `#!/bin/sh\necho "$@" >> runs\n${npm}\n`, { mode: 0o755 });
      const { status: code } = spawnSync(shell!, args, { cwd: folder, env: { PATH: `${folder}:/usr/bin:/bin` } });
      return { code, runs: readFileSync(join(folder, 'runs'), 'utf8').split('ci\n').length - 1 };
    };
    expect(await install('exit 7')).toEqual({ code: 7, runs: 1 });
    expect(await install('exit 0')).toEqual({ code: 0, runs: 2 });
    expect(await install('exit 0')).toEqual({ code: 0, runs: 2 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('docker-compose.yml names only what exists', () => {
  test('files that containers start are built from sources', () => {
    const started = Object.values(services).flatMap(
      ({ command = [] }) => command.join(' ').match(/dist\/\S+\.js/g) ?? [],
    );
    expect(started.length).toBeGreaterThan(2);
    for (const file of started) {
      const source = `${root}${file.replace(/^dist\//, '').replace(/\.js$/, '.ts')}`;
      expect(existsSync(source), source).toBe(true);
    }
  });

  test('files and volumes that are mounted', () => {
    for (const { volumes = [] } of Object.values(services)) {
      for (const volume of volumes) {
        const [from, to] = volume.split(':') as [string, string | undefined];
        if (to === undefined) continue; // Of the container alone.
        const isThere = from.startsWith('.') ? existsSync(`${root}${from}`) : Object.hasOwn(compose.volumes, from);
        expect(isThere, volume).toBe(true);
      }
    }
  });

  test('services that another one waits for, which can tell that they are healthy', () => {
    const awaited = Object.values(services).flatMap(({ depends_on = {} }) => Object.entries(depends_on));
    expect(awaited.length).toBeGreaterThan(5);
    for (const [name] of awaited) expect(names).toContain(name);
    for (const [name, { condition }] of awaited) {
      const canTell = condition !== 'service_healthy' || services[name]?.healthcheck !== undefined;
      expect(canTell, name).toBe(true);
    }
  });

  test('the proxies that the load balancer asks', () => {
    expect(read('examples/shop/load-balancer.conf')).toContain('set $proxies proxy;\n');
    expect(names).toContain('proxy');
  });
});
