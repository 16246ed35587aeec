import type { ExchangeSink } from '../kernel/exchange.ts';

/**
 * A shadow that is asked only about features whose read model is ready: comparing with one that is still being built
 * would report mistakes that nobody made.
 */
export function whenReady(inner: ExchangeSink, isReady: (feature: string) => boolean): ExchangeSink {
  return {
    wants: (feature, route) => isReady(feature) && inner.wants(feature, route),
    offer: (exchange) => {
      if (isReady(exchange.feature)) inner.offer(exchange);
    },
    dropped: (feature, route, reason) => inner.dropped(feature, route, reason),
  };
}
