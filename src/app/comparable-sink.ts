import type { Exchange, ExchangeSink } from '../kernel/exchange.ts';

export interface Comparability {
  readonly isReady: (feature: string) => boolean;
  readonly isParked: (read: Pick<Exchange, 'feature' | 'route' | 'params'>) => boolean;
  /** How often keys of the feature's read model have been parked. */
  readonly parkings: (feature: string) => number;
}

/**
 * A shadow that is asked only where the read model is meant to be right: comparing with one that is still being built, or
 * with a row that is known to be old, would report mistakes that nobody made.
 */
export function comparable(inner: ExchangeSink, { isReady, isParked, parkings }: Comparability): ExchangeSink {
  return {
    wants: (feature, route) => isReady(feature) && inner.wants(feature, route),
    offer: (exchange) => {
      const { feature, route } = exchange;
      if (!isReady(feature)) return;
      if (isParked(exchange)) inner.dropped(feature, route, 'parked');
      else inner.offer({ ...exchange, parkings: parkings(feature) });
    },
    dropped: (feature, route, reason) => inner.dropped(feature, route, reason),
  };
}
