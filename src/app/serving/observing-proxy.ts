import { randomBytes } from 'node:crypto';
import { startProxy } from '../../../proxy/create-proxy.ts';
import type { Proxy, ProxyOptions } from '../../../proxy/proxy-options.ts';
import type { ExchangeSink } from '../../kernel/exchange.ts';
import type { Log } from '../../kernel/log.ts';
import { emptyRouting } from '../../kernel/phase.ts';
import type { ObserverJob } from '../workers/protocol.ts';

const nobodyComparesHere: ExchangeSink = { wants: () => false, offer: () => undefined, dropped: () => undefined };

/** A proxy without features: it forwards and counts. */
export function startObservingProxy(job: ObserverJob, observe: ProxyOptions['observe'], log: Log): Promise<Proxy> {
  const { host, port, tls, legacyTls, limits, drainDelayMs, stopGraceMs } = job;
  return startProxy({
    legacy: new URL(job.legacy),
    host,
    port,
    tls,
    legacyTls,
    limits,
    drainDelayMs,
    stopGraceMs,
    features: [],
    visitor: { cookie: undefined, header: undefined },
    routing: () => emptyRouting,
    candidate: () => undefined,
    applied: () => undefined,
    source: undefined,
    fenceSecret: randomBytes(32),
    fenceBudgetMs: 0,
    sink: nobodyComparesHere,
    observe,
    log,
  });
}
