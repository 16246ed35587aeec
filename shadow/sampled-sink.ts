import type { NormalizedSample } from '../src/config/sample-rules.ts';
import type { Asker, ExchangeSink } from '../src/kernel/exchange.ts';
import { isWithin } from '../src/kernel/sampling.ts';

export interface FeatureSample {
  /** Reads that could have been compared. */
  readonly asked: number;
  /** Of these, those that were chosen: by the sample, and by the budget. */
  readonly chosen: number;
}

/** Counted since the start. */
export interface SampleStats {
  readonly features: Readonly<Record<string, FeatureSample>>;
  /** Reads without a visitor's name, where visitors are sampled: of these each was chosen by chance. */
  readonly unnamed: number;
}

export interface SampledSink extends ExchangeSink {
  sample(): SampleStats;
}

export interface SampledSinkOptions {
  /** By feature; all reads of one that is not there are in the sample. */
  readonly samples: ReadonlyMap<string, NormalizedSample>;
  /** From 0 up to, not including, 1. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

/** Asks `inner` only for what is in the sample, before anything is known of the answers. */
export function sampled(inner: ExchangeSink, { samples, random = Math.random }: SampledSinkOptions): SampledSink {
  const counts = new Map<string, { asked: number; chosen: number }>();
  let unnamed = 0;
  const countOf = (feature: string): { asked: number; chosen: number } => {
    let count = counts.get(feature);
    if (count === undefined) counts.set(feature, (count = { asked: 0, chosen: 0 }));
    return count;
  };
  const isIn = (feature: string, asker: Asker | undefined): boolean => {
    const rule = samples.get(feature);
    if (rule === undefined || rule.percent >= 100) return true;
    if (rule.by === 'visitor') {
      const visitor = asker?.namedVisitor;
      if (visitor !== undefined) return isSampledVisitor(feature, visitor, rule.percent);
      unnamed += 1;
    }
    return random() * 100 < rule.percent;
  };
  return {
    wants: (feature, route, asker) => {
      const count = countOf(feature);
      count.asked += 1;
      if (!isIn(feature, asker)) {
        inner.dropped(feature, route, 'not-sampled');
        return false;
      }
      const isChosen = inner.wants(feature, route, asker);
      if (isChosen) count.chosen += 1;
      return isChosen;
    },
    offer: (exchange) => inner.offer(exchange),
    dropped: (feature, route, reason) => inner.dropped(feature, route, reason),
    sample: () => ({
      features: Object.fromEntries([...counts].map(([feature, count]) => [feature, { ...count }])),
      unnamed,
    }),
  };
}

/**
 * Whether a visitor is in the sample. No name of a feature has a space, so the salt is none of a canary's: those whose reads
 * the candidate answers first are not those that were compared.
 */
export function isSampledVisitor(feature: string, visitor: string, percent: number): boolean {
  return isWithin(`shadow of ${feature}`, visitor, percent);
}
