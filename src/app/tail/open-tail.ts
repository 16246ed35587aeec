import type { Knex } from 'knex';
import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { isCaptured } from '../../config/read-model-kinds.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import { demandsOf } from '../../sync/capture/demands-of.ts';
import { tailTopic } from '../../sync/kafka/transport/topic-tail.ts';
import { LineMaker } from '../../sync/tail/line-maker.ts';
import type { StreamTap } from '../../sync/tail/stream-tap.ts';
import type { TailLine } from '../../sync/tail/tail-line.ts';
import { askStore } from '../store-presence.ts';
import type { EventTail, TailReader, TailRequest } from './event-tail.ts';
import { LossyReader } from './lossy-reader.ts';

export interface OpenTailOptions {
  readonly config: NormalizedConfig;
  readonly store: Knex;
  /** Of the changes that this process applies; undefined: it applies none. */
  readonly tap: StreamTap | undefined;
  /** Says whom to ask where this process cannot tell. */
  readonly askElsewhere?: (() => string) | undefined;
  readonly log: Log;
}

/** From the topic where fig writes one, which every process can read; else from what this process applies. */
export function openTail({ config, store, tap, askElsewhere, log }: OpenTailOptions): EventTail {
  const { events } = config;
  // The one that reconciliation hashes keys with, so that a row can be found again.
  const secret = (): Promise<Uint8Array> => askStore(store, sharedSecret(store, 'reconciliation keys'));
  return async (request, reader) => {
    const wanted = keysOf(config, request.feature);
    const isWanted = ({ type }: TailLine): boolean => request.type === undefined || type === request.type;
    if (events.via === 'kafka') {
      const maker = new LineMaker(wanted, await secret());
      const { topic } = events;
      const onBegin = (): void => reader.begin();
      const pieces = tailTopic({ access: events, topic, from: request.from, onBegin, log }, reader.signal);
      for await (const { head, piece } of pieces) {
        maker.learn(piece.relations);
        // The topic keeps it, so it can wait for a slow reader.
        for (const line of maker.lines(head, piece.changes, Date.now())) {
          if (isWanted(line)) await taken(reader, line);
        }
      }
      return;
    }
    if (request.from === 'beginning') {
      throw new FigError(
        'FIG_USAGE',
        `changes that have gone through are kept by nobody with events.via ${events.via}`,
        {
          remedy: 'Leave --from out: changes are shown from now on. With `via: kafka` the topic keeps them.',
        },
      );
    }
    if (!tap) {
      const where = askElsewhere?.() ?? '';
      throw new FigError(
        'FIG_OTHER_ROLE',
        `changes do not come by this process, but by the one that applies them${where}`,
      );
    }
    await tailTap(tap, new LineMaker(wanted, await secret()), { isWanted, reader });
  };
}

/** Whoever applies waits for nobody. */
async function tailTap(
  tap: StreamTap,
  maker: LineMaker,
  { isWanted, reader }: { readonly isWanted: (line: TailLine) => boolean; readonly reader: TailReader },
): Promise<void> {
  const lossy = new LossyReader(reader);
  maker.learn(tap.relations);
  const end = tap.listen((head, { changes, relations }) => {
    maker.learn(relations);
    for (const line of maker.lines(head, changes, Date.now())) if (isWanted(line)) lossy.offer(line);
  });
  try {
    if (reader.signal.aborted) return;
    reader.begin();
    await new Promise<void>((resolve) => reader.signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    end();
  }
}

async function taken(reader: TailReader, line: TailLine): Promise<void> {
  while (!reader.signal.aborted && !reader.take(line)) await reader.room();
}

/** Key columns of the tables that are shown, by `schema.table`. Throws FIG_UNKNOWN_FEATURE. */
function keysOf({ features }: NormalizedConfig, feature: TailRequest['feature']): Map<string, readonly string[]> {
  if (feature !== undefined && !features.some(({ name }) => name === feature)) {
    const names = features.map(({ name }) => name).join(', ');
    throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${feature}; there are: ${names}`);
  }
  const models = allVersions(features).flatMap(({ name, readModel }) => {
    return readModel && isCaptured(readModel) && (feature === undefined || name === feature) ? [readModel] : [];
  });
  return new Map(demandsOf(models).map(({ table, key }) => [table, key]));
}
