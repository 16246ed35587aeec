import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { FigProcess } from './fig-process.ts';
import { ShopUnderFig, shopConfig } from './shop-under-fig.ts';
import { until } from './until.ts';

const roleNames = ['proxy-a', 'proxy-b', 'sync', 'sync-b', 'capture', 'project-a', 'project-b', 'control'] as const;
export type RoleName = (typeof roleNames)[number];
/** With a topic between, these are parts of `fig sync`. */
const parts: readonly string[] = ['capture', 'project'];

/** The example shop behind two proxies, with sync and control, each a process with a folder of its own as on its own machine. */
export class ShopInRoles implements AsyncDisposable {
  readonly shop: ShopUnderFig;
  readonly #running = new Map<RoleName, FigProcess>();
  readonly #places = new Map<RoleName, { readonly folder: string; readonly port: number }>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #workers: number;

  private constructor(shop: ShopUnderFig, env: NodeJS.ProcessEnv, workers: number) {
    this.shop = shop;
    this.#env = env;
    this.#workers = workers;
  }

  /** `workers`: of proxy-a. */
  static async create(orders: number, env: NodeJS.ProcessEnv = {}, workers = 1): Promise<ShopInRoles> {
    const roles = new ShopInRoles(await ShopUnderFig.create(orders), env, workers);
    for (const name of roleNames) {
      const folder = await mkdtemp(join(tmpdir(), `fig-${name}-`));
      roles.#places.set(name, { folder, port: await freePortNear(0) });
    }
    return roles;
  }

  /** Starts a process that is not running, at the address that it had before. */
  start(name: RoleName, env: NodeJS.ProcessEnv = {}): FigProcess {
    const { folder, port } = this.#places.get(name)!;
    const [role = name] = name.split('-');
    const args = [...(parts.includes(role) ? ['sync'] : []), role, '--config', shopConfig, '--admin-port', '0'];
    if (name === 'proxy-a') args.push('--workers', String(this.#workers));
    const started = FigProcess.run(folder, args, port, {
      FIG_PORT: String(port),
      FIG_ADMIN_PORT: '0',
      LEGACY_URL: this.shop.shopUrl,
      LEGACY_DATABASE_URL: this.shop.legacyUrl,
      FIG_DATABASE_URL: this.shop.targetUrl,
      FIG_SHOP_VERSION: '2',
      ...this.#env,
      ...env,
    });
    this.#running.set(name, started);
    return started;
  }

  get(name: RoleName): FigProcess {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} does not run`);
    return running;
  }

  /** URL of a proxy. */
  url(name: 'proxy-a' | 'proxy-b'): string {
    return `http://127.0.0.1:${this.#places.get(name)!.port}`;
  }

  /** Forces the reads on, step by step, until they are live. */
  async goLive(): Promise<void> {
    const client = await this.get('control').client();
    await until(
      'reads are live',
      async () => {
        const order = { who: 'the test', why: 'the test', force: true };
        const { reads } = (await client.status()).value.features[0]!;
        if (reads === 'live') return true;
        const { value } = await client.promote('orders', order);
        if (!value.moved) throw new Error(value.reason);
        return false;
      },
      60_000,
    );
  }

  /** Who answers through a proxy. */
  async servedBy(name: 'proxy-a' | 'proxy-b'): Promise<string> {
    const response = await fetch(`${this.url(name)}/api/orders/100`);
    await response.arrayBuffer();
    return response.headers.get('x-fig-served-by') ?? 'legacy';
  }

  /** Until both proxies have answered from the read model several times in a row. */
  async untilServedByCandidate(): Promise<void> {
    let inARow = 0;
    await until(
      'both proxies serve from the read model',
      async () => {
        const both = await Promise.all([this.servedBy('proxy-a'), this.servedBy('proxy-b')]);
        inARow = both.every((side) => side === 'candidate') ? inARow + 1 : 0;
        if (inARow === 0) throw new Error(await this.#whyLegacy());
        return inARow >= 5;
      },
      60_000,
    );
  }

  /** How often each proxy chose a side for which reason, and what all processes have printed last. */
  async #whyLegacy(): Promise<string> {
    const lines: string[] = [];
    for (const [name, running] of this.#running) {
      lines.push(`--- ${name}`, running.output.slice(-1_500));
      if (!name.startsWith('proxy')) continue;
      const text = await (await fetch(`${await running.admin()}/metrics`)).text();
      lines.push(...text.split('\n').filter((line) => line.startsWith('fig_requests_total')));
    }
    return lines.join('\n');
  }

  /** Until `fig status` of control says that each of these lives. */
  async untilAllLive(roles = 'control,proxy,proxy,sync'): Promise<void> {
    await until(
      'all processes live',
      async () => {
        const { processes = [] } = await this.get('control').status();
        const alive = processes.filter(({ state }) => state === 'serving').map(({ role }) => role);
        if (alive.toSorted().join() === roles) return true;
        throw new Error(JSON.stringify(processes));
      },
      60_000,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((each) => each[Symbol.asyncDispose]()));
    for (const { folder } of this.#places.values()) await rm(folder, { recursive: true, force: true });
    await this.shop[Symbol.asyncDispose]();
  }
}
