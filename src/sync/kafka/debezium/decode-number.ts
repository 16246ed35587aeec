import type { ValueContext, ValueDecoder } from './value-context.ts';
import { badValue, wrongSetting } from './refusals.ts';
import { decimalText } from './text/decimal-text.ts';
import { doubleText, realText } from './text/float-text.ts';
import { bytesOf, integerOf, isPlain, stringOf } from './value-parts.ts';

const integers: Readonly<Record<string, readonly string[]>> = {
  smallint: ['int16'],
  integer: ['int32'],
  bigint: ['int64'],
  oid: ['int64'],
};

/** How numbers and booleans are decoded; undefined: it is none of them, or comes as what they do not come as. */
export function decodeNumber(context: ValueContext): ValueDecoder | undefined {
  const { type, schema, subject } = context;
  if (integers[type.base]?.includes(schema.type)) return (value) => integerOf(subject, value);
  switch (type.base) {
    case 'boolean':
      return isPlain(schema, 'boolean') ? (value) => booleanText(subject, value) : undefined;
    case 'double precision':
      return isPlain(schema, 'double') ? (value) => doubleText(floatOf(subject, value)) : undefined;
    case 'real':
      return isPlain(schema, 'float') ? (value) => realText(floatOf(subject, value)) : undefined;
    case 'numeric':
      return numericDecoder(context);
    default:
      return undefined;
  }
}

function numericDecoder({ schema, subject }: ValueContext): ValueDecoder | undefined {
  if (schema.name === 'org.apache.kafka.connect.data.Decimal') {
    const scale = Number(schema.parameters?.['scale']);
    if (schema.type !== 'bytes' || !Number.isInteger(scale)) throw badValue(subject, schema);
    return (value) => decimalText(bytesOf(subject, value), scale);
  }
  if (isPlain(schema, 'string')) return numberOf(subject);
  const loss =
    schema.type === 'double'
      ? 'a double does not hold every digit of a numeric'
      : 'a numeric without a declared scale loses the zeros at its end';
  if (schema.type === 'double' || schema.name === 'io.debezium.data.VariableScaleDecimal') {
    throw wrongSetting(subject, loss, 'decimal.handling.mode=string');
  }
  return undefined;
}

const numericText = /^(?:-?\d+(?:\.\d+)?|NaN|-?Infinity)$/;
/** Debezium prints the name of its own constant. */
const constants: Readonly<Record<string, string>> = {
  NAN: 'NaN',
  NOT_A_NUMBER: 'NaN',
  POSITIVE_INFINITY: 'Infinity',
  NEGATIVE_INFINITY: '-Infinity',
};

function numberOf(subject: string): ValueDecoder {
  const text = stringOf(subject);
  return (value) => {
    const digits = constants[text(value)] ?? text(value);
    if (!numericText.test(digits)) throw badValue(subject, value);
    return digits;
  };
}

function booleanText(subject: string, value: unknown): string {
  if (typeof value !== 'boolean') throw badValue(subject, value);
  return value ? 't' : 'f';
}

/** JSON has no NaN and no infinity; they come as strings. */
function floatOf(subject: string, value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^(?:NaN|-?Infinity|-?\d+)$/.test(value)) throw badValue(subject, value);
  return Number(value);
}
