import { didYouMean } from '../../config/did-you-mean.ts';
import type { NormalizedEventTopic } from '../../config/domain-topics-definition.ts';
import { allVersions } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { type CapturedReadModel, isCaptured, isFromTopics, isHandled } from '../../config/read-model-kinds.ts';
import type { ReadModelEvents } from '../../config/read-model-events.ts';
import { FigError } from '../../kernel/fig-error.ts';
import { capturedModels } from '../following/captured-models.ts';
import type { TailRequest } from './event-tail.ts';

const kinds: readonly string[] = ['insert', 'update', 'delete', 'truncate'];

/** What somebody wants to see. */
export interface WantedTail {
  /** Whose tables and events of legacy's log are shown; none: it need not be looked at. */
  readonly models: readonly CapturedReadModel[];
  /** Where these find events in the log. */
  readonly events: readonly ReadModelEvents[];
  /** Topics that others write. */
  readonly topics: readonly NormalizedEventTopic[];
}

/** Throws FIG_UNKNOWN_FEATURE, and FIG_USAGE for a type that nothing can have. No I/O. */
export function whatToTail(config: NormalizedConfig, { feature, type }: Omit<TailRequest, 'from'>): WantedTail {
  const { features, domainTopics } = config;
  if (feature !== undefined && !features.some(({ name }) => name === feature)) {
    const names = features.map(({ name }) => name).join(', ');
    throw new FigError('FIG_UNKNOWN_FEATURE', `there is no feature ${feature}; there are: ${names}`);
  }
  const declared = [...(domainTopics?.topics.values() ?? [])];
  const known = [...kinds, ...(domainTopics?.types.names ?? []), ...declared.flatMap(({ ignore }) => [...ignore])];
  if (type !== undefined && !known.includes(type)) {
    const hint = didYouMean(type, known);
    throw new FigError('FIG_USAGE', `no change and no declared event is called ${JSON.stringify(type)}${hint}`);
  }
  const ofFeature = allVersions(features).flatMap(({ name, readModel }) => {
    return readModel && name === feature ? [readModel] : [];
  });
  const models = feature === undefined ? capturedModels(config) : ofFeature.filter(isCaptured);
  const read = new Set(ofFeature.filter(isFromTopics).flatMap(({ topics }) => topics));
  const topics = feature === undefined ? declared : declared.filter(({ topic }) => read.has(topic));
  const isKind = type === undefined || kinds.includes(type);
  const isEvent = type === undefined || !kinds.includes(type);
  const events = isEvent ? models.flatMap((model) => (isHandled(model) && model.events) || []) : [];
  return {
    models: isKind || events.length > 0 ? models : [],
    events,
    topics: isEvent ? topics : [],
  };
}
