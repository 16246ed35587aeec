import { fileURLToPath } from 'node:url';

const dist = process.env.FIG_BENCH_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
const ours = (path) => import(`file://${dist}/${path}`);
const configFile = fileURLToPath(new URL('../ours/fig.config.js', import.meta.url));

/** As `fig up` wires it, less capture and cutover: the read model is written by the benchmark and stands level. */
export async function start({ upstream, phase, database, candidate, log, onSeen }) {
  const [{ startProxy }, { createMetrics }, { createTrafficObserver }, { watchTraffic }, { silentLog }] =
    await Promise.all([
      ours('proxy/create-proxy.js'),
      ours('src/observe/metrics.js'),
      ours('src/observe/traffic.js'),
      ours('src/app/serving/feed-metrics.js'),
      ours('src/kernel/log.js'),
    ]);
  const { loadConfig } = await ours('src/config/load-config.js');
  process.env.FIG_BENCH_LEGACY = `http://127.0.0.1:${upstream}`;
  if (candidate !== undefined) process.env.FIG_BENCH_CANDIDATE = candidate;
  const config = await loadConfig(configFile);
  const metrics = createMetrics();
  const behind =
    database === undefined ? withoutDatabase : await withDatabase({ config, database, metrics, silentLog });
  let routing = snapshotOf(phase);
  const proxy = await startProxy({
    legacy: config.legacy.url,
    host: '127.0.0.1',
    port: 0,
    features: config.features,
    visitor: config.visitor,
    routing: () => routing,
    candidate: behind.candidate,
    applied: () => level,
    source: behind.source,
    fenceSecret: Buffer.from('a secret that only the proxies know'),
    fenceBudgetMs: config.fenceBudgetMs,
    sink: behind.sink,
    observe: alsoTelling(onSeen, watchTraffic(createTrafficObserver(), metrics)),
    log: log ?? silentLog,
  });
  return {
    port: proxy.port,
    load: () => proxy.load(),
    breakers: () => proxy.breakers(),
    inFlight: () => proxy.inFlight,
    setPhase: (next) => {
      routing = snapshotOf(next);
    },
    shadow: behind.stats,
    /** Drains. */
    drain: () => proxy.stop(),
    stop: async () => {
      await proxy.stop();
      await behind.stop();
    },
  };
}

function alsoTelling(onSeen, observe) {
  if (onSeen === undefined) return observe;
  return (seen) => {
    onSeen(seen);
    observe(seen);
  };
}

/** A read model that is level with its source, however far that is. */
const level = { current: () => 2n ** 62n, waitFor: async () => true };

const withoutDatabase = {
  candidate: () => undefined,
  source: undefined,
  sink: { wants: () => true, offer: () => undefined, dropped: () => undefined },
  stats: () => ({ queued: 0 }),
  stop: async () => undefined,
};

async function withDatabase({ config, database, metrics, silentLog }) {
  const { createCandidates } = await ours('src/app/serving/candidates.js');
  const { startShadowFeed } = await ours('shadow/shadow-feed.js');
  const { createSharedPositions } = await ours('shadow/shared-position.js');
  const { PostgresSourcePosition } = await ours('src/sync/postgres/source-position.js');
  const { allVersions } = await ours('src/config/feature-versions.js');
  const versions = allVersions(config.features);
  const keys = versions.map(({ key }) => key);
  const positions = createSharedPositions(keys);
  for (const key of keys) positions.publish(key, 2n ** 62n);
  const candidates = createCandidates(versions, { target: database, legacy: database });
  const feed = await startShadowFeed({
    workerUrl: new URL(`file://${dist}/shadow/worker.js`),
    workerData: {
      configFile,
      storeUrl: database,
      legacyUrl: config.legacy.url.href,
      legacyDatabaseUrl: database,
      candidateModule: `file://${dist}/src/app/shadowing/shadow-candidates.js`,
      position: positions.buffer,
      positionKeys: keys,
    },
    features: config.features.map(({ name }) => name),
    onVerdict: (feature, _route, verdict) => metrics.compared(feature, verdict),
    log: silentLog,
  });
  const source = new PostgresSourcePosition(database, silentLog);
  return {
    candidate: (feature) => candidates.candidate(feature),
    source,
    sink: feed,
    stats: () => feed.stats(),
    stop: async () => {
      await feed.stop();
      await candidates[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

let revisions = 0;

function snapshotOf({ name, percent }) {
  revisions += 1;
  return {
    revision: revisions,
    features: new Map([['orders', { feature: 'orders', reads: { phase: name, percent } }]]),
  };
}
