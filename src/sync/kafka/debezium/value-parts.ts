import type { ConnectSchema } from './connect-message.ts';
import { badValue } from './refusals.ts';
import type { ValueDecoder } from './value-context.ts';

export function isPlain(schema: ConnectSchema, type: string): boolean {
  return schema.type === type && schema.name === undefined;
}

export function stringOf(subject: string): ValueDecoder {
  return (value) => {
    if (typeof value !== 'string') throw badValue(subject, value);
    return value;
  };
}

export function bytesOf(subject: string, value: unknown): Buffer {
  if (typeof value !== 'string') throw badValue(subject, value);
  return Buffer.from(value, 'base64');
}

/** Digits of an integer; long ones come as strings. */
export function integerOf(subject: string, value: unknown): string {
  const isInteger = typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string';
  if (!isInteger || !/^-?\d+$/.test(String(value))) throw badValue(subject, value);
  return String(value);
}
