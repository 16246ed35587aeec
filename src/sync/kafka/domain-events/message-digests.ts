import { createHash } from 'node:crypto';
import type { DecodedMessage, MessageToDecode } from './decoded-message.ts';

// Nothing here does I/O.

const BYTES = 16;

/** Tells a message from any other that may stand at its offset once the topic was made anew. */
export function digestOfMessage({ key, value, timestampMs }: MessageToDecode): Buffer {
  const hash = createHash('sha256');
  for (const part of [key, value]) hash.update(part === null ? '-' : `${String(part.length)} `).update(part ?? '');
  return hash.update(String(timestampMs)).digest().subarray(0, BYTES);
}

/** Tells an event from any other of the topic: two with the same id of one source are the same event. */
export function digestOfEvent(topic: string, { event, source }: DecodedMessage & { kind: 'event' }): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([topic, source, event.id]))
    .digest()
    .subarray(0, BYTES);
}
