import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { LegacyAsker } from '../../../shadow/ask-legacy.ts';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../../shadow/exchange-comparer.ts';
import type { Judgement } from '../../../shadow/judge.ts';
import { createSharedPositions, SharedPositionReader } from '../../../shadow/shared-position.ts';
import type { NormalizedCompareRules } from '../../../src/config/compare-rules.ts';
import type { Exchange, HttpAnswer, Side } from '../../../src/kernel/exchange.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { EvidenceItem } from '../../../src/store/evidence-item.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';
import { exchangeOf, jsonBody } from '../exchanges.ts';
import { startTestLegacy } from '../test-legacy.ts';

const rows = [1, 2, 3, 4, 5, 6, 7];

type Shape = (page: readonly number[], next: string | null) => object;
const plain: Shape = (page, next) => ({ rows: page, next });

/** Pages of two rows, each reached by a token that is made anew for everybody who asks. */
class Pages {
  readonly #offsets = new Map<string, number>();
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  answer(target: string): HttpAnswer {
    const token = new URL(target, 'http://shop.example').searchParams.get('cursor');
    const from = token === null ? 0 : this.#offsets.get(token);
    const headers = ['content-type', 'application/json'];
    if (from === undefined) return { status: 400, headers, body: jsonBody({ error: 'unknown cursor' }) };
    const next = from + 2 < rows.length ? randomUUID() : null;
    if (next !== null) this.#offsets.set(next, from + 2);
    return { status: 200, headers, body: jsonBody(this.#shape(rows.slice(from, from + 2), next)) };
  }
}

/** Of either shape. */
interface Page {
  readonly next?: string | null;
  readonly page?: { readonly next: string | null };
}

interface World extends AsyncDisposable {
  readonly items: EvidenceItem[];
  /** What a user is answered by this side, and what it came to when it was compared. */
  ask(target: string, servedBy: Side): Promise<{ readonly next: string | null; readonly judgement: Judgement }>;
}

async function pagedWorld(rules: Partial<NormalizedCompareRules> = {}, candidateShape = plain): Promise<World> {
  const [ours, theirs] = [new Pages(plain), new Pages(candidateShape)];
  const legacy = await startTestLegacy((request, response) => {
    const { status, body } = ours.answer(request.url!);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  const asker = new LegacyAsker({ url: legacy.url });
  const positions = createSharedPositions(['orders']);
  positions.publish('orders', 1n);
  const items: EvidenceItem[] = [];
  const compare = { ...noCompareRules, cursors: { '$.next': 'cursor' }, ...rules };
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => ({ ask: async ({ target }) => ({ ok: true, answer: theirs.answer(target), tookMs: 1 }) }),
      features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare, readModel: undefined }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy: asker,
    applied: () => new SharedPositionReader(positions.buffer, 0),
    redactionKey: Buffer.from('key'),
    record: (item) => items.push(item),
    settings: defaultShadowSettings,
    log: silentLog,
  });
  return {
    items,
    ask: async (target, servedBy) => {
      const answer = servedBy === 'legacy' ? ours.answer(target) : theirs.answer(target);
      const exchange: Exchange = exchangeOf(target, { answer, servedBy });
      const said = JSON.parse(Buffer.from(answer.body).toString()) as Page;
      const next = said.next ?? said.page?.next ?? null;
      return { next, judgement: await comparer.compare(exchange) };
    },
    [Symbol.asyncDispose]: async () => {
      comparer.close();
      await asker[Symbol.asyncDispose]();
      await legacy[Symbol.asyncDispose]();
    },
  };
}

test.each(['legacy', 'candidate'] as const)(
  'all pages are compared where %s serves, although each side has tokens of its own',
  async (servedBy) => {
    await using world = await pagedWorld();
    let target = '/orders';
    for (let page = 0; page < 4; page += 1) {
      const { next, judgement } = await world.ask(target, servedBy);
      expect([page, judgement.verdict]).toEqual([page, 'match']);
      target = `/orders?cursor=${next}`;
    }
    expect(target).toBe('/orders?cursor=null');
  },
);

test('a token that was given before anybody looked proves nothing', async () => {
  await using world = await pagedWorld();
  expect((await world.ask('/orders?cursor=from-yesterday', 'legacy')).judgement).toMatchObject({
    verdict: 'undetermined',
    reason: 'unknown-cursor',
  });
  expect(world.items).toMatchObject([{ verdict: 'undetermined', reason: 'unknown-cursor', key: undefined }]);
});

test('the same page is the same proof, whoever turns to it', async () => {
  await using world = await pagedWorld();
  for (let visitor = 0; visitor < 3; visitor += 1) {
    const { next } = await world.ask('/orders', 'legacy');
    await world.ask(`/orders?cursor=${next}`, 'legacy');
  }
  const keys = world.items.map(({ key }) => Buffer.from(key!).toString('hex'));
  expect(keys).toHaveLength(6);
  expect(new Set(keys).size).toBe(2);
});

const moved: Shape = (page, next) => ({ rows: page, page: { next } });
/** The rows the other way round, and one of them wrong. */
const turned: Shape = (page, next) => ({ rows: page.includes(5) ? [5, 7] : page.toReversed(), page: { next } });
const byRoute = { 'GET /orders/:id': { map: { '$.next': '$.page.next' }, unordered: ['$.rows'] } };

test.each(['legacy', 'candidate'] as const)(
  'all pages are compared where %s serves and rules of the route move the token',
  async (servedBy) => {
    await using world = await pagedWorld({ routes: byRoute }, moved);
    let target = '/orders';
    for (let page = 0; page < 4; page += 1) {
      const { next, judgement } = await world.ask(target, servedBy);
      expect([page, judgement.verdict, judgement.differences]).toEqual([page, 'match', []]);
      target = `/orders?cursor=${next}`;
    }
  },
);

test('what rules of the route say of the rows holds beside a token, and a wrong row is found on a later page', async () => {
  await using world = await pagedWorld({ routes: byRoute }, turned);
  const verdicts: unknown[] = [];
  let target = '/orders';
  for (let page = 0; page < 3; page += 1) {
    const { next, judgement } = await world.ask(target, 'legacy');
    verdicts.push([judgement.verdict, ...judgement.differences.map(({ path }) => path)]);
    target = `/orders?cursor=${next}`;
  }
  expect(verdicts).toMatchObject([['match'], ['match'], ['mismatch', '$.rows[*]']]);
});

const edgesOf = (...edges: object[]): HttpAnswer => ({
  status: 200,
  headers: ['content-type', 'application/json'],
  body: jsonBody({ edges }),
});

test('tokens of rows that stand in another order on the other side are not taken for each other', async () => {
  const keyed = { cursors: { '$.edges[*].after': 'cursor' }, keyed: { '$.edges': 'id' } };
  const comparer = new AnswerComparer({ ...noCompareRules, ...keyed }, testRedactor);
  const [legacy, candidate] = [
    edgesOf({ id: 1, after: 'L1' }, { id: 2, after: 'L2' }),
    edgesOf({ id: 2, after: 'C2' }, { id: 1, after: 'C1' }),
  ];
  expect(comparer.compare(legacy, candidate)).toEqual({ outcome: 'equal' });
  expect(comparer.cursorsOf(legacy).size).toBe(0);
  const ordered = new AnswerComparer({ ...noCompareRules, cursors: keyed.cursors }, testRedactor);
  expect([...ordered.cursorsOf(legacy).keys()]).toEqual(['$.edges[0].after', '$.edges[1].after']);
});
