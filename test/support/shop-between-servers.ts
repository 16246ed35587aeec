import type { Server } from 'node:http';
import { listening } from '../proxy/support/harness.ts';
import type { FigProcess } from './fig-process.ts';
import { ShopUnderFig } from './shop-under-fig.ts';

export interface ShopBetweenServers extends AsyncDisposable {
  /** Its database is legacy's; what it serves itself is for legacy's server to use. */
  readonly shop: ShopUnderFig;
  readonly fig: FigProcess;
}

/** Fig between two servers of the test: one in place of legacy, and one at CANDIDATE_URL. Resolves when the read model is ready. */
export async function startBetween(
  config: string,
  servers: { readonly legacy: Server; readonly candidate: Server },
): Promise<ShopBetweenServers> {
  const shop = await ShopUnderFig.create(60);
  const legacy = await listening(servers.legacy);
  const candidate = await listening(servers.candidate);
  const fig = await shop.startFig(2, config, { LEGACY_URL: legacy.url.href, CANDIDATE_URL: candidate.url.href });
  await shop.untilReadModelReady(fig);
  return {
    shop,
    fig,
    [Symbol.asyncDispose]: async () => {
      for (const each of [fig, legacy, candidate, shop]) await each[Symbol.asyncDispose]();
    },
  };
}
