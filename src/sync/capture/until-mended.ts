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
  while (!signal.aborted) {
    // What cannot be looked at now is looked at again soon: the stream of the others has nothing to do with it.
    const refusals = await lookAgain(url, { slot, demands }).catch(() => undefined);
    const mended = refusals ? refused.filter(({ definition }) => errorsOf(definition, refusals).length === 0) : [];
    if (mended.length > 0) return mended;
    await sleep(everyMs, signal);
  }
  return [];
}

async function lookAgain(url: string, what: Parameters<typeof findRefusals>[1]): ReturnType<typeof findRefusals> {
  const client = await connectToLegacy(url, 'fig refused tables');
  try {
    return await findRefusals(client, what);
  } finally {
    await endConnection(client);
  }
}
