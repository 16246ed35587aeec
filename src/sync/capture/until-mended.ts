import { sleep } from '../../kernel/service.ts';
import { connectToLegacy, endConnection } from '../postgres/legacy-connection.ts';
import { findRefusals } from '../postgres/preflight/inspect-source.ts';
import { demandsOf } from './demands-of.ts';
import { errorsOf, type RefusedModel } from './refused-model.ts';

export interface MendedWatch {
  readonly url: string;
  /** Name of slot and publication. */
  readonly slot: string;
  readonly refused: readonly RefusedModel[];
  readonly everyMs: number;
}

/** Looks again now and then. Resolves with those that nothing stands against any more, or with none when the signal aborts. */
export async function untilMended(
  { url, slot, refused, everyMs }: MendedWatch,
  signal: AbortSignal,
): Promise<readonly RefusedModel[]> {
  const demands = demandsOf(refused.map(({ definition }) => definition));
  const client = await connectToLegacy(url, 'fig refused tables');
  try {
    while (!signal.aborted) {
      const refusals = await findRefusals(client, { slot, demands });
      const mended = refused.filter(({ definition }) => errorsOf(definition, refusals).length === 0);
      if (mended.length > 0) return mended;
      await sleep(everyMs, signal);
    }
    return [];
  } finally {
    await endConnection(client);
  }
}
