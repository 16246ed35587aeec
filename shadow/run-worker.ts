import type { MessagePort } from 'node:worker_threads';
import { isBatch } from '../src/config/read-model-kinds.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import { sleep } from '../src/kernel/service.ts';
import { EvidenceWriter } from '../src/store/evidence-writer.ts';
import { openEvidence } from '../src/store/open-evidence.ts';
import { LegacyAsker } from './ask-legacy.ts';
import { type ComparedFeature, openCandidates } from './candidate-module.ts';
import { defaultShadowSettings, ExchangeComparer } from './exchange-comparer.ts';
import { PairKeeper } from './pairs/pair-keeper.ts';
import { Semaphore } from './semaphore.ts';
import { VariationBook } from './variation/variation-book.ts';
import { startVariationWriter } from './variation/variation-writer.ts';
import { parkingsIn, SharedPositionReader } from './shared-position.ts';
import { workerLog } from './worker-log.ts';
import { aliveEveryMs, type FromWorker, type ShadowWorkerData, type ToWorker } from './worker-protocol.ts';

/** Judgements at once, most of which wait for a fence. */
const MAX_JUDGEMENTS = 64;

/** The work of the shadow's thread: ask, compare and store, until told to stop. */
export async function runWorker(port: MessagePort, workerData: ShadowWorkerData): Promise<void> {
  const post = (message: FromWorker): void => port.postMessage(message);
  const log = workerLog(post);
  setInterval(() => post({ type: 'alive' }), aliveEveryMs).unref();
  // A handler of the user that forgets a rejected promise must not cost all comparisons that are under way.
  process.on('unhandledRejection', (error) => log.warn({ error: describeError(error) }, 'a promise was left rejected'));

  const settings = { ...defaultShadowSettings, ...workerData.settings };
  const store = await openEvidence(workerData.storeUrl);
  const candidates = await openCandidates(workerData);
  const legacy = new LegacyAsker({
    url: new URL(workerData.legacyUrl),
    tls: workerData.legacyTls,
    timeoutMs: settings.legacyTimeoutMs,
  });
  const writer = new EvidenceWriter({ append: (items) => store.evidence.append(items), log });
  const variations = new VariationBook();
  const variationWriter = startVariationWriter(variations, (counts) => store.variations.add(counts), log);
  const comparer = new ExchangeComparer({
    candidates,
    legacy,
    applied: (key) => positionOf(workerData, candidates.features, key),
    parkings: (key) => {
      const index = workerData.positionKeys.indexOf(key);
      return index < 0 ? 0 : parkingsIn(workerData.position, index);
    },
    redactionKey: store.redactionKey,
    pairs: new PairKeeper(),
    record: (item) => writer.record(item),
    variations,
    settings,
    judgements: new Semaphore(MAX_JUDGEMENTS),
    log,
  });
  const underWay = new Set<Promise<void>>();

  async function take({ sequence, exchange }: Extract<ToWorker, { type: 'exchange' }>): Promise<void> {
    const { verdict } = await comparer.compare(exchange);
    post({ type: 'done', sequence, feature: exchange.feature, route: exchange.route, verdict });
  }

  async function stop(budgetMs: number): Promise<void> {
    comparer.close();
    await Promise.race([Promise.allSettled(underWay), sleep(budgetMs)]);
    await Promise.all([writer.stop(), variationWriter.stop()]);
    await Promise.allSettled([candidates.close(), legacy[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
    process.exit(0);
  }

  port.on('message', (message: ToWorker) => {
    if (message.type === 'stop') {
      void stop(message.budgetMs);
      return;
    }
    const taken = take(message);
    underWay.add(taken);
    void taken.finally(() => underWay.delete(taken));
  });
  post({ type: 'ready' });
}

/**
 * Without a read model in this house, or a database to read positions from, there is no fence to wait for; where writes arrive by time the
 * store orders them. The next rows of one that is loaded in batches are further away than anybody waits, and an
 * old row is a difference that users would see.
 */
function positionOf(
  workerData: ShadowWorkerData,
  features: readonly ComparedFeature[],
  key: string,
): SharedPositionReader | undefined {
  const { legacyDatabaseUrl, position } = workerData;
  const index = workerData.positionKeys.indexOf(key);
  const feature = features.find((each) => each.key === key);
  if (!feature?.readModel || isBatch(feature.readModel) || index < 0) return undefined;
  if (legacyDatabaseUrl === undefined && feature.arrivesWithinMs === undefined) return undefined;
  return new SharedPositionReader(position, index);
}
