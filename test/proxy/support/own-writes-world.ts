import { request, type RequestListener } from 'node:http';
import type { ProxyOptions } from '../../../proxy/proxy-options.ts';
import type { Candidate } from '../../../src/kernel/candidate.ts';
import type { RoutingSnapshot } from '../../../src/kernel/phase.ts';
import type { Position } from '../../../src/kernel/position.ts';
import { ordersFeature, routingOf, until, type TestProxy } from './harness.ts';
import { ScriptedApplied, ScriptedSource } from './scripted-positions.ts';

export const candidate: Candidate = {
  ask: async () => ({ ok: true, answer: { status: 200, headers: [], body: Buffer.from('candidate') }, tookMs: 1 }),
};

/** A feature whose source, read model and phase the test moves. */
export class World {
  readonly source = new ScriptedSource();
  readonly applied: ScriptedApplied;
  routing: RoutingSnapshot;

  constructor(phase: 'legacy' | 'shadow' | 'live', applied: Position = 100n) {
    this.applied = new ScriptedApplied(applied);
    this.routing = routingOf(phase);
  }

  options(more: Partial<ProxyOptions> = {}): Partial<ProxyOptions> {
    return {
      features: [ordersFeature],
      visitor: { cookie: 'session', header: undefined },
      routing: () => this.routing,
      candidate: () => candidate,
      applied: () => this.applied,
      source: this.source,
      fenceBudgetMs: 30,
      ...more,
    };
  }
}

export interface Answer {
  readonly body: string;
  readonly reason: string | undefined;
  readonly setCookies: readonly string[];
}

/** One request on a connection of its own, with the reason the proxy gave for it. */
export async function ask(proxy: TestProxy, method: string, path: string, cookie = 'session=ann'): Promise<Answer> {
  const before = proxy.seen.length;
  const answer = await new Promise<Omit<Answer, 'reason'>>((resolve, reject) => {
    const outgoing = request(proxy.url + path, { method, agent: false, headers: { cookie } }, (res) => {
      let body = '';
      res.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      res.on('end', () => resolve({ body, setCookies: res.headers['set-cookie'] ?? [] }));
      res.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
  await until(() => proxy.seen.length > before);
  return { ...answer, reason: proxy.seen.at(-1)?.reason };
}

/** A shop whose every write moves the log by ten. */
export const shop =
  (world: World): RequestListener =>
  (req, res) => {
    req.resume();
    if (req.method === 'POST') world.source.position += 10n;
    res.end('legacy');
  };

/** Waits until the floor of the feature is known, with a visitor nobody else is. */
export async function entered(proxy: TestProxy): Promise<void> {
  while ((await ask(proxy, 'GET', '/orders/0', 'session=somebody')).reason === 'fence-unknown');
}
