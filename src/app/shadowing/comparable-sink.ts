import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { Exchange, ExchangeSink } from '../../kernel/exchange.ts';

type ComparedVersion = Pick<FeatureVersion, 'key' | 'version'>;

export interface Comparability {
  /** All that a feature has. */
  readonly versionsOf: (feature: string) => readonly ComparedVersion[];
  readonly isReady: (key: string) => boolean;
  readonly isParked: (read: Pick<Exchange, 'feature' | 'route' | 'params' | 'version'>) => boolean;
  /** How often keys of a version have been parked. */
  readonly parkings: (key: string) => number;
  /** From 0 up to, not including, 1. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

/**
 * A shadow that is asked only where the read model is meant to be right: comparing with one that is still being built, or
 * with a row that is known to be old, would report mistakes that nobody made. Of two versions each is compared for itself,
 * within the budget of one: whichever chance puts first has the question, the other only if the budget has room for it.
 */
export function comparable(inner: ExchangeSink, options: Comparability): ExchangeSink {
  const { versionsOf, isReady, isParked, parkings, random = Math.random } = options;
  const readyOf = (feature: string): ComparedVersion[] => versionsOf(feature).filter(({ key }) => isReady(key));
  const offer = (exchange: Exchange, { key }: ComparedVersion): void => {
    if (isParked(exchange)) inner.dropped(exchange.feature, exchange.route, 'parked');
    else inner.offer({ ...exchange, parkings: parkings(key) });
  };
  return {
    wants: (feature, route) => readyOf(feature).length > 0 && inner.wants(feature, route),
    offer: (exchange) => {
      const { feature, route } = exchange;
      const all = versionsOf(feature);
      const serving = exchange.version ?? all[0]?.version;
      const ready = readyOf(feature);
      const inTurn = ready.length > 1 && random() < 0.5 ? ready.toReversed() : ready;
      for (const [turn, version] of inTurn.entries()) {
        if (turn > 0 && !inner.wants(feature, route)) return;
        const isOnly = all.length === 1;
        offer(isOnly ? { ...exchange, version: undefined } : askedOf(exchange, version.version, serving), version);
      }
    },
    dropped: (feature, route, reason) => inner.dropped(feature, route, reason),
  };
}

/** The exchange as it looks from a version, which is another one than the one that served, or was to serve. */
function askedOf(exchange: Exchange, version: number | undefined, serving: number | undefined): Exchange {
  if (version === serving) return { ...exchange, version };
  return {
    ...exchange,
    version,
    candidateFailure: undefined,
    ...(exchange.servedBy === 'candidate' && { isOfOtherVersion: true }),
  };
}
