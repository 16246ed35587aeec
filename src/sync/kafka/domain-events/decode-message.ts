import type { EventFormat } from '../../../config/domain-topics-definition.ts';
import { decodeCloudEvent } from './decode-cloud-event.ts';
import { decodeOutboxEvent } from './decode-outbox-event.ts';
import type { DecodedMessage, MessageToDecode } from './decoded-message.ts';

/** An event as the format of its topic has it. */
export function decodeMessage(format: EventFormat, message: MessageToDecode): DecodedMessage {
  return format === 'cloudevents' ? decodeCloudEvent(message) : decodeOutboxEvent(message);
}
