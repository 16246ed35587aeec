import { type DecodedMessage, type MessageToDecode, refused } from './decoded-message.ts';
import { NoJson, parseEventJson } from './event-json.ts';
import { isEnveloped, keyOfMessage, unwrapped, utf8 } from './message-text.ts';

// Nothing here does I/O.

/**
 * A message of Debezium's outbox router (io.debezium.transforms.outbox.EventRouter). Its header `id` is always there, the type
 * only where `table.fields.additional.placement` has `type:header:eventType` or `type:envelope:eventType`. The payload
 * is JSON, as it is (`expand.json.payload`) or as a string, with the converter's schema around it or without.
 */
export function decodeOutboxEvent(message: MessageToDecode): DecodedMessage {
  const [idText, typeText] = [headerOf(message, 'id'), headerOf(message, 'eventType')];
  if (message.value === null && idText === undefined) return { kind: 'nothing' };
  if (idText === undefined || idText === '') return refused('the header id is missing');
  const opened = message.value === null ? { data: undefined, type: undefined } : open(message.value);
  if (opened === undefined) return refused('the value is no JSON');
  const type = typeText ?? opened.type;
  if (type === undefined || type === '') {
    return refused('the type is missing: set table.fields.additional.placement of the router to type:header:eventType');
  }
  const key = keyOf(message.key) ?? idText;
  const at = message.timestampMs === undefined ? undefined : new Date(message.timestampMs);
  const event = { id: idText, type, key, at, data: opened.data, position: undefined };
  return { kind: 'event', event, source: '' };
}

/** Connect's JSON converter writes no key as `null` where it writes no schemas. */
function keyOf(key: Buffer | null): string | undefined {
  const text = keyOfMessage(key);
  return text === 'null' ? undefined : text;
}

interface Opened {
  readonly data: unknown;
  readonly type: string | undefined;
}

/** Undefined: it is no JSON. */
function open(bytes: Buffer): Opened | undefined {
  const text = utf8(bytes);
  if (text === undefined) return undefined;
  try {
    const value = parseEventJson(text);
    const inner = isEnveloped(value) ? value.payload : value;
    // Further fields of the table stand beside the payload.
    if (typeof inner === 'object' && inner !== null && 'eventType' in inner && 'payload' in inner) {
      const { eventType, payload } = inner;
      return { data: expanded(payload), type: typeof eventType === 'string' ? eventType : undefined };
    }
    return { data: expanded(inner), type: undefined };
  } catch (error) {
    if (error instanceof NoJson) return undefined;
    throw error;
  }
}

/** A json column arrives as a string that holds JSON; one that holds none is the data itself. A column that is null is no data. */
function expanded(payload: unknown): unknown {
  if (payload === null) return undefined;
  if (typeof payload !== 'string') return payload;
  try {
    return parseEventJson(payload);
  } catch {
    return payload;
  }
}

function headerOf({ headers }: MessageToDecode, name: string): string | undefined {
  const bytes = headers.get(name);
  const text = bytes && utf8(bytes);
  return text === undefined ? undefined : unwrapped(text);
}
