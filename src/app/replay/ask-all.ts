import type { RawHeaders } from '../../kernel/exchange.ts';
import type { ProgressEvent } from '../starting/running-fig.ts';
import { askInTurn } from './ask-in-turn.ts';
import type { RoutedQuestion } from './find-route.ts';
import type { ReplayResult } from './result.ts';
import { StrainWatch, type LegacySign } from './strain.ts';

export interface AskOptions {
  /** Questions a second at most. */
  readonly rate: number;
  /** Headers that are sent with every question, credentials among them. Never stored or shown. */
  readonly given: RawHeaders;
  readonly onProgress: (event: ProgressEvent) => void;
}

export interface Asked<T> {
  readonly item: T;
  readonly result: ReplayResult;
}

const step = 'ask again';

/** Asks every question at the rate, shows how far it is, and stops when legacy suffers. */
export async function askAll<T extends RoutedQuestion>(
  items: readonly T[],
  ask: (question: T) => Promise<ReplayResult>,
  { rate, onProgress }: AskOptions,
): Promise<{ readonly results: readonly Asked<T>[]; readonly stopped: string | undefined }> {
  const strain = new StrainWatch();
  const total = items.length;
  onProgress({ step, state: 'started', done: 0, total });
  const turned = await askInTurn({
    items,
    perSecond: rate,
    work: async (item) => ({ item, result: await ask(item) }),
    onDone: ({ result }, done) => {
      onProgress({ step, state: 'progress', done, total });
      const sign = signOf(result);
      return sign && strain.note(sign);
    },
  });
  onProgress({ step, state: 'done', detail: `${turned.results.length} of ${total} questions` });
  return turned;
}

function signOf({ reason, legacyMs }: ReplayResult): LegacySign | undefined {
  if (reason === 'legacy-failed' || reason === 'legacy-5xx') return 'failed';
  return legacyMs === undefined ? undefined : { tookMs: legacyMs };
}
