import type { ProxyOptions } from '../../../proxy/proxy-options.ts';
import type { CandidateQuestion, CandidateResult } from '../../../src/kernel/candidate.ts';
import type { ReadState } from '../../../src/kernel/phase.ts';
import { routingOf } from './harness.ts';
import { ScriptedApplied, ScriptedSource } from './scripted-positions.ts';

/** One feature `orders`, to which the GraphQL query `Orders` and a path belong. */
const feature = {
  name: 'orders',
  routes: [
    { route: 'GET /orders/:id', method: 'GET', path: '/orders/:id' },
    { route: 'Orders', method: 'POST', path: '/graphql', when: { graphql: { operation: 'Orders' } } },
    {
      route: 'Tagged',
      method: 'POST',
      path: '/tagged',
      when: { query: { op: 'Orders' }, graphql: { operation: ['Orders', 'Order'] } },
    },
    {
      route: 'Matched',
      method: 'POST',
      path: '/matched',
      when: { query: { op: /^Orders/ }, graphql: { operation: 'Orders' } },
    },
  ],
  candidateTimeoutMs: 1_000,
};

export interface GraphqlWorld {
  readonly source: ScriptedSource;
  readonly questions: readonly CandidateQuestion[];
  /** What the candidate does; to be set. */
  fails: boolean;
  readonly options: Partial<ProxyOptions>;
}

export function graphqlWorld(phase: ReadState['phase'], more: Partial<ProxyOptions> = {}): GraphqlWorld {
  const source = new ScriptedSource();
  const applied = new ScriptedApplied(1_000n);
  const questions: CandidateQuestion[] = [];
  const routing = routingOf(phase);
  const world = {
    source,
    questions,
    fails: false,
    options: {
      features: [feature],
      visitor: { cookie: 'session', header: undefined },
      routing: () => routing,
      applied: () => applied,
      source,
      fenceBudgetMs: 30,
      candidate: () => ({
        ask: async (question: CandidateQuestion): Promise<CandidateResult> => {
          questions.push(question);
          if (world.fails) return { ok: false, failure: 'failed', reason: 'it is broken', tookMs: 1 };
          const body = Buffer.from('{"data":"candidate"}');
          return { ok: true, answer: { status: 200, headers: ['Content-Type', 'application/json'], body }, tookMs: 1 };
        },
      }),
      ...more,
    },
  };
  return world;
}

export const ordersQuery = '{"query":"query Orders { orders { id } }","variables":{"of":"ann"}}';
export const payMutation = '{"query":"mutation Orders { pay }"}';

/** A POST with these header lines instead of a plain JSON type. */
export function post(body: string, lines = ['Content-Type: application/json'], target = '/graphql'): string {
  const length = lines.some((line) => /^transfer-encoding/i.test(line)) ? [] : [`Content-Length: ${body.length}`];
  return [`POST ${target} HTTP/1.1`, 'Host: shop', ...lines, ...length, '', body].join('\r\n');
}

/** The lines of a chunked body, each part a chunk of its own. */
export function chunked(...parts: string[]): string {
  return [...parts, ''].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
}
