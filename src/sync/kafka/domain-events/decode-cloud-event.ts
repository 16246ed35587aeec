import { type DecodedMessage, type MessageToDecode, refused } from './decoded-message.ts';
import { parseEventJson } from './event-json.ts';
import { keyOfMessage, utf8 } from './message-text.ts';

// Nothing here does I/O. CloudEvents 1.0: the specification, its JSON format, and its Kafka protocol binding.

/** RFC 3339, section 5.6. */
const timestamp = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

type Attributes = ReadonlyMap<string, unknown>;
type Data = { readonly value: unknown } | { readonly reason: string };

/** A CloudEvent in structured or in binary mode. */
export function decodeCloudEvent(message: MessageToDecode): DecodedMessage {
  const contentType = headerOf(message, 'content-type');
  if (contentType !== undefined && /^application\/cloudevents/i.test(contentType)) {
    return decodeStructured(message, contentType);
  }
  const attributes = binaryAttributes(message);
  if (attributes === undefined) return refused('an attribute is no UTF-8');
  if (attributes.size === 0) {
    if (message.value === null) return { kind: 'nothing' };
    return refused('neither a content-type of CloudEvents nor headers with attributes (ce_id and others)');
  }
  return eventOf(message, attributes, () => binaryData(message.value, contentType));
}

function decodeStructured(message: MessageToDecode, contentType: string): DecodedMessage {
  if (message.value === null) return { kind: 'nothing' };
  const format = contentType.split(';')[0]!.trim().toLowerCase();
  if (format !== 'application/cloudevents+json' && format !== 'application/cloudevents') {
    return refused('an event format other than JSON (application/cloudevents+json)');
  }
  const value = jsonOf(message.value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('the value is no JSON object');
  }
  const attributes = new Map<string, unknown>(
    // An attribute that is null is not there (JSON format, section 2.2).
    Object.entries(value).filter(([name, each]) => each !== null && name !== 'data' && name !== 'data_base64'),
  );
  return eventOf(message, attributes, () => structuredData(value, attributes.get('datacontenttype')));
}

function eventOf(message: MessageToDecode, attributes: Attributes, dataOf: () => Data): DecodedMessage {
  const version = attributes.get('specversion');
  if (version === undefined) return refused('the attribute specversion is missing');
  if (version !== '1.0') return refused('specversion is not 1.0');
  for (const name of ['id', 'source', 'type']) {
    const value = attributes.get(name);
    if (value === undefined || value === '') return refused(`the attribute ${name} is missing`);
  }
  for (const name of ['id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'partitionkey']) {
    const value = attributes.get(name);
    if (value !== undefined && typeof value !== 'string') return refused(`the attribute ${name} is no text`);
  }
  const { id, source, type, time, subject, partitionkey } = Object.fromEntries(attributes) as Record<string, string>;
  const at = time === undefined ? undefined : new Date(time.toUpperCase().replace(' ', 'T'));
  if (time !== undefined && (!timestamp.test(time) || Number.isNaN(at!.getTime()))) {
    return refused('the attribute time is no time of RFC 3339');
  }
  const data = dataOf();
  if ('reason' in data) return refused(data.reason);
  const key = keyOfMessage(message.key) ?? partitionkey ?? subject ?? id!;
  const event = { id: id!, type: type!, key, at, data: data.value, position: undefined };
  return { kind: 'event', event, source: source! };
}

/** Undefined: one of them is no text. */
function binaryAttributes({ headers }: MessageToDecode): Attributes | undefined {
  const attributes = new Map<string, unknown>();
  for (const [name, bytes] of headers) {
    // Clients of other languages change the case of names.
    if (!/^ce_/i.test(name)) continue;
    const text = utf8(bytes);
    if (text === undefined) return undefined;
    attributes.set(name.slice(3).toLowerCase(), text);
  }
  return attributes;
}

function binaryData(value: Buffer | null, contentType: string | undefined): Data {
  if (value === null || (value.length === 0 && contentType === undefined)) return { value: undefined };
  return bytesAs(value, contentType);
}

function structuredData(event: object, contentType: unknown): Data {
  const [data, base64]: unknown[] = [Reflect.get(event, 'data'), Reflect.get(event, 'data_base64')];
  if (base64 === undefined || base64 === null) return { value: data };
  if (data !== undefined) return { reason: 'both data and data_base64 are there' };
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    return { reason: 'data_base64 is no base64' };
  }
  return bytesAs(Buffer.from(base64, 'base64'), typeof contentType === 'string' ? contentType : undefined);
}

/** JSON is what it means, text a string, anything else its bytes. Without a type it is JSON, as the JSON format has it. */
function bytesAs(bytes: Buffer, contentType = 'application/json'): Data {
  const media = contentType.split(';')[0]!.trim().toLowerCase();
  if (/^(application|text)\/json$|\+json$/.test(media)) {
    const value = jsonOf(bytes);
    return value === noJson ? { reason: 'the data is no JSON' } : { value };
  }
  if (!media.startsWith('text/')) return { value: new Uint8Array(bytes) };
  const text = utf8(bytes);
  return text === undefined ? { reason: 'the data is no UTF-8' } : { value: text };
}

const noJson = Symbol('no JSON');

function jsonOf(bytes: Buffer): unknown {
  const text = utf8(bytes);
  if (text === undefined) return noJson;
  try {
    return parseEventJson(text);
  } catch {
    return noJson;
  }
}

function headerOf({ headers }: MessageToDecode, wanted: string): string | undefined {
  for (const [name, bytes] of headers) if (name.toLowerCase() === wanted) return bytes.toString('utf8');
  return undefined;
}
