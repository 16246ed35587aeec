import type { NormalizedKafkaSecurity } from '../../../config/events-definition.ts';

/** Which brokers, and how we get in. */
export interface KafkaAccess {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly security: NormalizedKafkaSecurity;
}
