import type { SourceColumn } from '../../postgres/catalog.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import { columnType } from './column-type.ts';
import type { ConnectSchema } from './connect-message.ts';
import { decodeNumber } from './decode-number.ts';
import { decodeOther } from './decode-other.ts';
import { decodeTime } from './decode-time.ts';
import { asPrinted } from './printed-types.ts';
import { badValue, lossyType, wrongSetting } from './refusals.ts';
import { type ArrayElement, arrayText } from './text/array-text.ts';
import { bytesOf, isPlain, stringOf } from './value-parts.ts';
import type { ValueContext, ValueDecoder } from './value-context.ts';

/**
 * Finds how values of a column are decoded that come under this schema, so that they become what pgoutput would have sent.
 * Throws FIG_DEBEZIUM_SETTING where another setting of the connector would keep the value, FIG_DEBEZIUM_TYPE where none would.
 */
export function valueDecoder(table: string, column: SourceColumn, schema: ConnectSchema): ValueDecoder {
  const subject = `${table}.${column.name} (${column.sourceType})`;
  const type = columnType(column);
  const { sourceType } = column;
  if (schema.type === 'array' && (type.isArray || type.base === 'text')) {
    return arrayDecoder({ subject, sourceType: sourceType.replace(/\[\]$/, ''), type, schema });
  }
  if (type.isArray) return unknownType({ subject, sourceType, type, schema });
  return scalarDecoder({ subject, sourceType, type, schema });
}

function scalarDecoder(context: ValueContext): ValueDecoder {
  const { type, schema, subject } = context;
  const decoder = decodeNumber(context) ?? decodeTime(context) ?? decodeOther(context);
  if (decoder) return decoder;
  if (asPrinted.has(type.base) && isPlain(schema, 'string') && context.sourceType !== 'money') {
    return type.base === 'tstzrange' ? inUtc(subject) : stringOf(subject);
  }
  return unknownType(context);
}

function arrayDecoder(context: ValueContext): ValueDecoder {
  const { schema, subject, sourceType } = context;
  const isOwn =
    context.type.base === 'text' && !/^(?:text|citext|hstore|reg)/.test(sourceType) && !context.type.isArray;
  if (isOwn) throw lossyType(subject, 'Debezium sends an array of a type of your own as null');
  const element = scalarDecoder({
    ...context,
    type: { ...context.type, isArray: false },
    schema: schema.items ?? { type: 'string' },
  });
  const decodeElement = (value: unknown): ArrayElement => {
    if (value === null) return null;
    return Array.isArray(value) ? value.map(decodeElement) : element(value);
  };
  return (value) => {
    if (!Array.isArray(value)) throw badValue(subject, value);
    if (isArrayOfArrays(value))
      throw lossyType(subject, 'Debezium cannot send an array of arrays, or of nothing but nulls');
    return arrayText(value.map(decodeElement));
  };
}

/** Ranges come as the connector's own session prints them. */
function inUtc(subject: string): ValueDecoder {
  const text = stringOf(subject);
  return (value) => {
    const printed = text(value);
    const offsets = printed.match(/[+-]\d\d(?::\d\d)*(?=")/g) ?? [];
    if (offsets.some((offset) => offset !== '+00')) {
      throw new FigError('FIG_DEBEZIUM_SETTING', `${subject}: it is printed for another time zone`, {
        remedy: 'Start Kafka Connect with the environment variable TZ=UTC.',
      });
    }
    return printed;
  };
}

/** Arrays in an array come as nulls, or as the names that Java gives to objects. */
function isArrayOfArrays(values: readonly unknown[]): boolean {
  if (values.length === 0) return false;
  if (values.every((each) => each === null)) return true;
  return values.every((each) => each === null || (typeof each === 'string' && /^\[L?[\w.]+;?@[0-9a-f]+$/.test(each)));
}

/** With `include.unknown.datatypes` the text of a type that Debezium does not know comes as bytes. */
function unknownType({ subject, schema, sourceType }: ValueContext): ValueDecoder {
  if (isPlain(schema, 'bytes')) return (value) => bytesOf(subject, value).toString('utf8');
  if (sourceType === 'money') {
    throw lossyType(subject, 'PostgreSQL prints money by its locale, and Debezium sends it as a number');
  }
  if (schema.type === 'string' && schema.name === undefined) {
    throw wrongSetting(
      subject,
      'its bytes came as text, in one of several forms that cannot be told apart',
      'binary.handling.mode=bytes',
    );
  }
  throw lossyType(subject, `Debezium sends it as ${schema.name ?? schema.type}, which cannot be turned back`);
}
