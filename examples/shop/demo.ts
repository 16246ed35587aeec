import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import knexModule from 'knex';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';
import { runUp } from '../../src/app/run-up.ts';
import type { RunningFig } from '../../src/app/starting/running-fig.ts';
import { ServiceStack } from '../../src/app/starting/service-stack.ts';
import type { Tools } from '../../src/cli/foreground.ts';
import { ownVersion } from '../../src/cli/version.ts';
import { startChild } from './child.ts';
import { startDemoKafka } from './demo-kafka.ts';
import { freePortNear } from './free-port.ts';
import { createSchema } from './legacy/schema.ts';
import { seedShop } from './legacy/seed.ts';

/** Where the compiled entries of the shop's processes are, also when this runs from its sources. */
const compiled = new URL(import.meta.url.endsWith('.ts') ? '../../dist/examples/shop/' : './', import.meta.url);
/** The config is loaded as it is written, as a user's is. */
const configFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './fig.config.ts' : '../../../examples/shop/fig.config.ts',
    import.meta.url,
  ),
);

export interface DemoOptions extends Tools {
  readonly withTraffic: boolean;
  /** How changes travel. Undefined: as the environment of the shop's config says. */
  readonly via: 'direct' | 'kafka' | undefined;
}

/** Starts everything; `stop` ends it in the reverse order and leaves no process behind. */
export async function startDemo(options: DemoOptions): Promise<RunningFig> {
  const stack = new ServiceStack(options.log);
  try {
    if (options.via === 'kafka') process.env['FIG_KAFKA_BROKERS'] ||= await startDemoKafka(options, stack);
    if (options.via === 'direct') delete process.env['FIG_KAFKA_BROKERS'];
    const { legacyUrl, storeUrl } = await openDatabases(options, stack);
    await seed(legacyUrl, options);
    const shopPort = await freePortNear(3000);
    const legacy = await startChild('legacy shop', new URL('legacy/main.js', compiled), {
      LEGACY_DATABASE_URL: legacyUrl,
      PORT: String(shopPort),
    });
    stack.add('legacy shop', () => legacy.stop());
    await legacy.ready;

    process.env['LEGACY_URL'] = `http://127.0.0.1:${shopPort}`;
    process.env['LEGACY_DATABASE_URL'] = legacyUrl;
    process.env['FIG_DATABASE_URL'] = storeUrl;
    process.env['FIG_PORT'] ??= String(await freePortNear(8080));
    process.env['FIG_ADMIN_PORT'] ??= String(await freePortNear(8089));
    const fig = await runUp({ configFile, version: ownVersion(), ...options });
    stack.add('fig', () => fig.stop());
    await beginShadow(fig);

    if (options.withTraffic) {
      const visitors = await startChild('visitors', new URL('visitors/main.js', compiled), {
        SHOP_URL: fig.addresses.proxy,
      });
      stack.add('visitors', () => visitors.stop());
    }
    return { ...fig, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function openDatabases(
  { onProgress }: DemoOptions,
  stack: ServiceStack,
): Promise<{ legacyUrl: string; storeUrl: string }> {
  const { LEGACY_DATABASE_URL: legacyUrl, FIG_DATABASE_URL: storeUrl } = process.env;
  if (legacyUrl && storeUrl) return { legacyUrl, storeUrl };
  onProgress({ step: 'PostgreSQL', state: 'started' });
  const server = await startEmbeddedPostgres({ folder: join(process.cwd(), '.fig', 'postgres') });
  stack.add('embedded PostgreSQL', () => server.stop());
  for (const name of ['shop', 'fig']) await server.ensureDatabase(name);
  onProgress({ step: 'PostgreSQL', state: 'done', detail: `port ${server.port}` });
  return { legacyUrl: legacyUrl ?? server.url('shop'), storeUrl: storeUrl ?? server.url('fig') };
}

async function seed(url: string, { onProgress }: DemoOptions): Promise<void> {
  const knex = knexModule({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
  const step = 'seed the shop';
  try {
    onProgress({ step, state: 'started' });
    await createSchema(knex);
    const seeded = await seedShop(knex, {
      onProgress: ({ table, done, total }) => onProgress({ step, state: 'progress', done, total, detail: table }),
    });
    onProgress({ step, state: 'done', detail: seeded ? 'done' : 'it was seeded before' });
  } finally {
    await knex.destroy();
  }
}

/** The demo begins where the interesting part does: with the shadow on. Later starts leave the phase as it was. */
async function beginShadow(fig: RunningFig): Promise<void> {
  const { features } = await fig.control.status();
  for (const { feature, phase } of features) {
    if (phase === 'legacy') await fig.control.promote(feature, { who: 'npm start', why: 'the demo starts in shadow' });
  }
}
