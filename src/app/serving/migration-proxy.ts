import { startProxy } from '../../../proxy/create-proxy.ts';
import type { Fellows } from '../../../proxy/fellows.ts';
import type { LiveSettings, Proxy, ProxyOptions } from '../../../proxy/proxy-options.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import type { LateParts } from './late-parts.ts';
import type { RoutingState } from './routing-state.ts';
import { orderOf } from './open-source.ts';

/** Several times the rest between two looks at the phases, so that every proxy has looked. */
export const ENTRY_GRACE_MS = 2_000;
/** Less than the grace, and more than the rest between two looks. */
const FRESH_MS = 1_500;

export interface MigrationProxyOptions {
  readonly config: NormalizedConfig;
  readonly port: number;
  /** As they are now; those of the config may be older. */
  readonly settings: LiveSettings;
  readonly routing: RoutingState;
  readonly late: LateParts;
  readonly fellows?: Fellows | undefined;
  readonly observe: ProxyOptions['observe'];
  readonly onBreakerOpen: ProxyOptions['onBreakerOpen'];
  readonly log: Log;
}

/** Starts the proxy of a migration. What it leans on may come later: until then legacy answers. */
export function startMigrationProxy(options: MigrationProxyOptions): Promise<Proxy> {
  const { config, port, settings, routing, late, fellows, observe, onBreakerOpen, log } = options;
  return startProxy({
    legacy: config.legacy.url,
    timeouts: config.legacy.timeouts,
    host: config.listen.host,
    port,
    features: config.features,
    visitor: config.visitor,
    tls: config.listen.tls,
    legacyTls: config.legacy.tls,
    hostHeader: config.legacy.host,
    trust: config.trust,
    via: config.via,
    paths: config.paths,
    routing: routing.current,
    candidate: (feature, version) => late.candidate(feature, version),
    applied: (feature, version) => late.applied(feature, version),
    isParked: (read) => late.isParked(read),
    source: orderOf(config) === undefined ? undefined : late.source,
    sourceLog: () => late.sourceLog(),
    entryGraceMs: ENTRY_GRACE_MS,
    isRoutingFresh: () => routing.isFresh(FRESH_MS),
    fenceSecret: late.fenceSecret,
    fellows,
    onBreakerOpen,
    explain: config.explain,
    sink: late.sink,
    began: () => late.began(),
    observe: (seen) => {
      late.ended(seen);
      observe(seen);
    },
    log,
    ...settings,
  });
}

/** The settings that a config starts with. */
export function settingsOf({ limits, fenceBudgetMs, listen }: NormalizedConfig): LiveSettings {
  const { drainDelayMs, stopGraceMs } = listen;
  return { limits, fenceBudgetMs, drainDelayMs, stopGraceMs };
}
