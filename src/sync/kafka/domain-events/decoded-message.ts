import type { DomainEvent } from '../../../config/domain-event.ts';
import type { KafkaMessage } from '../client/kafka-message.ts';

/** What a message of a topic turned out to be. */
export type DecodedMessage =
  | {
      readonly kind: 'event';
      /** Its data as it came: no schema has looked at it. */
      readonly event: DomainEvent;
      /** Within what ids are unique, as far as the message says. */
      readonly source: string;
    }
  /** No event: a tombstone, which tells the topic to forget a key. */
  | { readonly kind: 'nothing' }
  /** It cannot be read. The reason has no values of the message in it. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Of a message what decoding it needs. */
export type MessageToDecode = Pick<KafkaMessage, 'key' | 'value' | 'headers' | 'timestampMs'>;

/** A message to be written. */
export interface EncodedEvent {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
  /** Of the record, in milliseconds since the epoch; undefined: when it is written. */
  readonly timestampMs: number | undefined;
}

export function refused(reason: string): DecodedMessage {
  return { kind: 'refused', reason };
}
