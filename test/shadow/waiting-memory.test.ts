import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import { maxComparedBytes } from '../../shadow/comparability.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../shadow/exchange-comparer.ts';
import { createSharedPositions, SharedPositionReader } from '../../shadow/shared-position.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { until } from '../support/until.ts';
import { noCompareRules } from './arbitraries.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';
import { startTestLegacy } from './test-legacy.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function megabytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1024 / 1024;
}

/**
 * Lets so many judgements wait for a read model, until they take less memory than this.
 * A collection gives the memory of buffers back in a thread of its own: what is measured right after it may be old.
 */
async function waitWithin(
  mostMegabytes: number,
  count: number,
  legacyAnswer: HttpAnswer,
  candidateAnswer: () => HttpAnswer,
): Promise<void> {
  await using legacy = await startTestLegacy();
  await using asker = new LegacyAsker({ url: legacy.url });
  const positions = createSharedPositions(['orders']);
  let asked = 0;
  // An owner rule has both bodies read as a whole.
  const compare = { ...noCompareRules, owner: ['$.rows[*].customer'] };
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => ({
        ask: async () => {
          asked += 1;
          // Who is asked again has waited long enough: what follows shall cost little.
          return { ok: true, answer: asked > count ? { ...legacyAnswer } : candidateAnswer(), tookMs: 1 };
        },
      }),
      features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare, readModel: undefined }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy: asker,
    applied: () => new SharedPositionReader(positions.buffer, 0),
    redactionKey: Buffer.from('key'),
    record: () => undefined,
    settings: { ...defaultShadowSettings, fenceBudgetMs: 25_000 },
    log: silentLog,
  });
  const before = megabytes();
  let ended = 0;
  const judged = Array.from({ length: count }, async (_, n) => {
    await comparer.compare(exchangeOf(`/orders/${n}`, { answer: { ...legacyAnswer } }));
    ended += 1;
  });
  await until('all are asked', () => asked === count);
  await until(`they take less than ${mostMegabytes} MB`, () => megabytes() - before < mostMegabytes);
  expect(ended).toBe(0);
  positions.publish('orders', 1n);
  await Promise.all(judged);
}

const json = ['content-type', 'application/json'];

test('what a candidate answers that is too large to be compared is not kept while judgements wait', async () => {
  const refusal = { status: 404, headers: json, body: jsonBody({}) };
  const large = (): HttpAnswer => ({ status: 200, headers: json, body: Buffer.alloc(15 * 1024 * 1024) });
  expect(large().body.byteLength).toBeGreaterThan(maxComparedBytes);
  await waitWithin(40, 20, refusal, large);
});

test('what was read of answers is let go of while judgements wait', async () => {
  const rows = Array.from({ length: 20_000 }, (_, n) => ({ customer: n, total: n / 7 }));
  const body = gzipSync(jsonBody({ rows }));
  const packed = { status: 200, headers: [...json, 'content-encoding', 'gzip'], body };
  const other = gzipSync(jsonBody({ rows: [...rows, {}] }));
  await waitWithin(40, 20, packed, () => ({ ...packed, body: other }));
});
