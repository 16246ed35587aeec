import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LegacyAsker } from '../../../shadow/ask-legacy.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../../shadow/exchange-comparer.ts';
import { PairKeeper } from '../../../shadow/pairs/pair-keeper.ts';
import type { QueryInBody } from '../../../src/kernel/exchange.ts';
import { allVersions } from '../../../src/config/feature-versions.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { createCandidates } from '../../../src/app/serving/candidates.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { openStore } from '../../../src/store/control-store.ts';
import type { EvidenceItem } from '../../../src/store/evidence-item.ts';
import { EvidenceStore } from '../../../src/store/evidence-store.ts';
import { sharedSecret } from '../../../src/store/setting-store.ts';
import { startTestLegacy, type TestLegacy } from '../../shadow/test-legacy.ts';
import { createStoreDatabase } from '../../support/test-database.ts';

/** What a service of the test answers to a target: a body, or a status and a body. */
export type Answers = (target: string, request: IncomingMessage) => unknown;

/** Of questions that are no GET. */
interface AskedOtherwise {
  readonly method: 'HEAD' | 'POST';
  readonly route: string;
  readonly query?: QueryInBody;
}

/** Legacy and candidate on sockets, a control store, and a config that names them. */
export interface Stage extends AsyncDisposable {
  readonly legacy: TestLegacy;
  readonly candidate: TestLegacy;
  /** Holds fig.config.mjs. */
  readonly cwd: string;
  readonly config: string;
  says: { legacy: Answers; candidate: Answers };
  /** Asks as the shadow does after a user was served by legacy, and stores what it finds. */
  compare(
    targets: readonly string[],
    headers?: readonly string[],
    asked?: AskedOtherwise,
  ): Promise<readonly EvidenceItem[]>;
}

/** `compare` and `shadow`: as of the feature in a config. */
export async function setStage(
  says: { legacy: Answers; candidate: Answers },
  compare: object = {},
  shadow: object = {},
): Promise<Stage> {
  const database = await createStoreDatabase();
  const stage = { says };
  const legacy = await startTestLegacy((request, response) => answer(stage.says.legacy, request, response));
  const candidate = await startTestLegacy((request, response) => answer(stage.says.candidate, request, response));
  const cwd = await mkdtemp(join(tmpdir(), 'fig-replay-'));
  const config = join(cwd, 'fig.config.mjs');
  const migration = {
    legacy: { url: legacy.url.href },
    store: database.url,
    features: [
      {
        name: 'orders',
        candidate: candidate.url.href,
        routes: [
          'GET /orders/:id',
          'GET /orders',
          'HEAD /orders/:id',
          { route: 'POST /graphql', graphql: { operation: 'Orders' } },
        ],
        compare,
        shadow,
      },
    ],
  };
  await writeFile(config, `export default ${JSON.stringify(migration)};\n`);
  const knex = openStore(database.url, { applicationName: 'fig test' });
  const loaded = await loadConfig(config);
  const candidates = createCandidates(allVersions(loaded.features), { target: database.url, legacy: undefined });
  const asker = new LegacyAsker({ url: legacy.url });
  const items: EvidenceItem[] = [];
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: (key) => candidates.candidate(key),
      features: allVersions(loaded.features),
      readSourcePosition: () => Promise.resolve(0n),
      close: () => Promise.resolve(),
    },
    legacy: asker,
    applied: () => undefined,
    redactionKey: await sharedSecret(knex, 'redaction key'),
    pairs: new PairKeeper(),
    record: (item) => items.push(item),
    settings: { ...defaultShadowSettings, settleMs: 1 },
    isOnPurpose: true,
    log: silentLog,
  });
  return Object.assign(stage, {
    legacy,
    candidate,
    cwd,
    config,
    compare: async (targets: readonly string[], headers: readonly string[] = [], otherwise?: AskedOtherwise) => {
      items.length = 0;
      for (const target of targets) {
        const { method = 'GET', query } = otherwise ?? {};
        const question = { method, target, headers: ['Host', 'shop.example', ...headers], query };
        const asked = await asker.ask(question);
        if (!asked.ok) throw new Error(asked.reason);
        await comparer.compare({
          id: target,
          feature: 'orders',
          route: otherwise?.route ?? (target.startsWith('/orders?') ? 'GET /orders' : 'GET /orders/:id'),
          params: {},
          reads: { phase: 'shadow', percent: 0 },
          question,
          answer: asked.answer,
          servedBy: 'legacy',
          askedAt: Date.now(),
          tookMs: 1,
        });
      }
      await new EvidenceStore(knex).append(items);
      return [...items];
    },
    [Symbol.asyncDispose]: async () => {
      await candidates[Symbol.asyncDispose]();
      await asker[Symbol.asyncDispose]();
      await knex.destroy();
      await legacy[Symbol.asyncDispose]();
      await candidate[Symbol.asyncDispose]();
      await rm(cwd, { recursive: true, force: true });
      await database[Symbol.asyncDispose]();
    },
  });
}

function answer(says: Answers, request: IncomingMessage, response: ServerResponse): void {
  const said = says(request.url ?? '', request);
  const { status, body } = isAnswer(said) ? said : { status: 200, body: said };
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

function isAnswer(said: unknown): said is { status: number; body: unknown } {
  return typeof said === 'object' && said !== null && 'status' in said && 'body' in said;
}
