import { randomBytes } from 'node:crypto';
import { startProxy } from '../../proxy/create-proxy.ts';
import type { LegacyTlsSource } from '../config/connect-legacy.ts';
import type { ListenTls } from '../config/edge-definition.ts';
import type { ExchangeSink } from '../kernel/exchange.ts';
import { emptyRouting } from '../kernel/phase.ts';
import type { Log } from '../kernel/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { createTrafficObserver } from '../observe/traffic.ts';
import { FigError } from '../kernel/fig-error.ts';
import type { FigControl, StatusReport } from './control.ts';
import { watchTraffic } from './feed-metrics.ts';
import { reloadOnHangup } from './reload-on-hangup.ts';
import type { RunningFig, StartAdmin } from './running-fig.ts';
import { ServiceStack } from './service-stack.ts';

export interface RunProxyOptions {
  readonly legacy: URL;
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly tls?: ListenTls | undefined;
  readonly legacyTls?: LegacyTlsSource | undefined;
  readonly version: string;
  readonly log: Log;
  readonly startAdmin: StartAdmin;
}

const nobodyComparesHere: ExchangeSink = { wants: () => false, offer: () => undefined, dropped: () => undefined };

/** A transparent proxy that only observes: the first step of every migration. Needs no config and no database. */
export async function runProxy(options: RunProxyOptions): Promise<RunningFig> {
  const { legacy, host, port, tls, legacyTls, version, log } = options;
  const stack = new ServiceStack(log);
  const traffic = createTrafficObserver();
  const metrics = createMetrics();
  try {
    const proxy = await startProxy({
      legacy,
      host,
      port,
      features: [],
      tls,
      legacyTls,
      visitor: { cookie: undefined, header: undefined },
      routing: () => emptyRouting,
      candidate: () => undefined,
      applied: () => undefined,
      source: undefined,
      fenceSecret: randomBytes(32),
      fenceBudgetMs: 0,
      sink: nobodyComparesHere,
      observe: watchTraffic(traffic, metrics),
      log,
    });
    stack.add('proxy', () => proxy.stop());
    stack.add(
      'certificates',
      reloadOnHangup(() => proxy.reloadCertificates()),
    );
    const startedAt = new Date().toISOString();
    const addresses = { proxy: proxy.url, legacy: legacy.origin, admin: '' };
    const control = observingControl(
      () => ({
        name: 'observe',
        version,
        startedAt,
        mode: 'observe',
        addresses,
        capture: undefined,
        features: [],
        traffic: { ...traffic.status(), inFlight: proxy.inFlight },
        shadow: undefined,
      }),
      () => metrics.text(),
    );
    const admin = await options.startAdmin(control, options.adminPort);
    addresses.admin = admin.url;
    stack.add('admin', () => admin.stop());
    return { control, addresses, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function refuse(feature: string): Promise<never> {
  return Promise.reject(
    new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${JSON.stringify(feature)}: this proxy only observes`, {
      remedy: 'Write a config with a feature and run `fig up --config fig.config.ts`.',
    }),
  );
}

function observingControl(status: () => StatusReport, metrics: () => Promise<string>): FigControl {
  return { status: () => Promise.resolve(status()), report: refuse, promote: refuse, rollback: refuse, metrics };
}
