import { durationMs } from '../../config/duration.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { mirrorTableName, readModelNames } from '../../store/read-model-names.ts';
import { EventPublisher } from '../../sync/kafka/publish/event-publisher.ts';
import { PublishedIds, type PublishedIdsOptions } from '../../sync/kafka/publish/published-ids.ts';
import { capturedModels } from './captured-models.ts';
import { publishedModel } from './published-model.ts';
import type { StartLeaderOptions } from './start-leader.ts';

/** As long as topics keep what they are sent, unless told. */
const KEEP_IDS = '7d';

/** Writes domain events to a topic; undefined when none are to be. */
export function startPublisher({
  config,
  storeUrl,
  process,
  target,
  log,
}: StartLeaderOptions): EventPublisher | undefined {
  const { publish, name, legacy } = config;
  if (!publish || legacy.database === undefined) return undefined;
  const ids = new PublishedIds({ ...rememberedIds(config, publish), target, keepMs: durationMs(KEEP_IDS) });
  return new EventPublisher({ publish, migration: name, storeUrl, process, target, ids, log });
}

/** Where to look for ids that may come again. */
export function rememberedIds(
  config: Pick<NormalizedConfig, 'features' | 'publish'>,
  publish: NonNullable<NormalizedConfig['publish']>,
): Pick<PublishedIdsOptions, 'published' | 'projections' | 'outbox' | 'translatesHistory'> {
  const { outbox, translate = {} } = publish.domainEvents;
  const { projection, mirror } = readModelNames(publishedModel(publish));
  return {
    published: projection,
    projections: capturedModels(config).map((model) => readModelNames(model).projection),
    outbox: outbox && { schema: mirror, table: mirrorTableName(outbox.table), column: outbox.id },
    translatesHistory: publish.history && Object.keys(translate).length > 0,
  };
}
