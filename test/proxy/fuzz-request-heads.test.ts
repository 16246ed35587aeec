import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Log } from '../../src/kernel/log.ts';
import { ordersFeature, rawClient, routingOf, startTestProxy, until } from './support/harness.ts';
import { requestBytes } from './support/request-heads.ts';
import { startStrictUpstream, type ArrivedRequest } from './support/strict-upstream.ts';

const runs = Number(process.env['FIG_FUZZ_RUNS'] ?? 300);
/** The same cases in every run of the tests; FIG_FUZZ_SEED looks for others. */
const seed = Number(process.env['FIG_FUZZ_SEED'] ?? 20_26);

/** Only makes the fuzz faster: bytes that ask for more are then cut off, which is another case worth having. */
const PATIENCE_MS = 25;
const HANG_MS = 10_000;

test(
  `whatever bytes arrive (seed ${seed}), the proxy lives, sends at most one request on for each and to the path it matched`,
  { timeout: 30_000 + runs * 200 },
  async () => {
    await using upstream = await startStrictUpstream();
    const faults: string[] = [];
    const routing = routingOf('shadow');
    const log = recordingLog(faults);
    await using proxy = await startTestProxy(upstream.url, {
      features: [ordersFeature],
      routing: () => routing,
      log,
    });

    /** What the case before sent on may reach upstream after its client is gone. */
    let late: string[] = [];

    await fc.assert(
      fc.asyncProperty(requestBytes, async (bytes) => {
        const arrivedBefore = upstream.requests.length;
        const seenBefore = proxy.seen.length;
        const offeredBefore = proxy.offered.length;
        const client = await rawClient(proxy.port, bytes + closing);
        const hurry = setTimeout(() => client.socket.end(), PATIENCE_MS);
        await within('the connection ends', client.ended);
        clearTimeout(hurry);
        client.socket.destroy();
        await within(
          'nothing stays in flight',
          until(() => proxy.proxy.inFlight === 0),
        );

        expect(faults, 'nothing failed inside the proxy').toEqual([]);
        expect(upstream.faults, 'upstream understood everything').toEqual([]);
        const arrived = upstream.requests.slice(arrivedBefore).map(lineOf);
        const seen = proxy.seen.slice(seenBefore).filter(({ reason }) => reason !== 'refused');
        const lines = seen.map(({ method, path }) => `${method} ${path}`);
        expect(surplus(arrived, [...lines, ...late]), 'sent on, but not seen').toEqual([]);
        late = surplus(lines, arrived);
        for (const { route, params, question } of proxy.offered.slice(offeredBefore)) {
          expect(upstream.requests.map(lineOf)).toContain(`GET ${pathOf(question.target)}`);
          expect({ route, path: pathOf(question.target) }).toEqual({
            route: 'GET /orders/:id',
            path: expect.stringMatching(/^\/orders\/[^/]+$/) as string,
          });
          expect(decodeURIComponent(pathOf(question.target).slice('/orders/'.length))).toBe(params['id']);
        }
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );

    // Bytes that are all refused would prove nothing.
    expect(upstream.requests.length).toBeGreaterThan(runs / 10);
    expect(proxy.offered.length).toBeGreaterThan(0);
    const alive = await rawClient(proxy.port, 'GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await alive.ended;
    expect(alive.text()).toContain('HTTP/1.1 200 OK');
  },
);

/** Follows every case, so that bytes which were left over by one reader become a request to another. */
const closing = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A case that hangs is a finding, and must name itself. */
async function within(what: string, wait: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain until ${what}`)), HANG_MS);
  });
  await Promise.race([wait, late]).finally(() => clearTimeout(timer));
}

function lineOf({ method, target }: ArrivedRequest): string {
  return `${method} ${pathOf(target)}`;
}

function pathOf(target: string): string {
  return target.split('?', 1)[0]!;
}

/** What is in `all` more often than in `known`. */
function surplus(all: readonly string[], known: readonly string[]): string[] {
  const left = [...known];
  return all.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function ignore(): void {}

function recordingLog(faults: string[]): Log {
  return {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields, message) => faults.push(`${message} ${JSON.stringify(fields)}`),
  };
}
