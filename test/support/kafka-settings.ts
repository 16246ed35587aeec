import type { KafkaAccess } from '../../src/sync/kafka/client/access.ts';

/** To a broker without encryption. */
export function plainAccess(broker: string): KafkaAccess {
  return { brokers: [broker], security: { tls: undefined, sasl: undefined } };
}
