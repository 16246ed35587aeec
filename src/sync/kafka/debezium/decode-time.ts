import type { ValueContext, ValueDecoder } from './value-context.ts';
import { badValue, lossyType, wrongSetting } from './refusals.ts';
import { intervalText } from './text/interval-text.ts';
import { dateText, durationText, timestampText, timeText, zonedTimestampText } from './text/time-text.ts';
import { integerOf, stringOf } from './value-parts.ts';

/** Days from 1970-01-01 to the first and the last day that PostgreSQL has; outside lies what Debezium sends for infinity. */
const FIRST_DAY = -2_440_588;
const LAST_DAY = 2_145_042_905;
const INFINITY_DAYS: Readonly<Record<number, string>> = { [-2_147_472_692]: 'infinity', [-2_147_472_691]: '-infinity' };
/** Microseconds to the first moment that PostgreSQL has. What is later than Debezium's infinity has wrapped round. */
const FIRST_MICROS = -210_866_803_200_000_000n;
/** Digits behind the second that milliseconds keep. */
const MILLISECOND_DIGITS = 3;
/** Debezium's stand-ins for the infinities, in microseconds: what the PostgreSQL driver has for them, in milliseconds. */
const INFINITY_MICROS = 9_223_372_036_825_200_000n;
const NEGATIVE_INFINITY_MICROS = -9_223_372_036_832_400_000n;

/** How dates, times and intervals are decoded; undefined: it is none of them, or comes as what they do not come as. */
export function decodeTime(context: ValueContext): ValueDecoder | undefined {
  switch (context.type.base) {
    case 'date':
      return dateDecoder(context);
    case 'time without time zone':
      return clockDecoder(context, timeUnits, timeText);
    case 'timestamp without time zone':
      return clockDecoder(context, timestampUnits, (at) => finiteOrNot(context.subject, at));
    case 'timestamp with time zone':
      return zonedDecoder(context);
    case 'time with time zone':
      throw lossyType(context.subject, 'Debezium sends it in UTC, so the zone that it was written with is lost');
    case 'interval':
      return intervalDecoder(context);
    default:
      return undefined;
  }
}

interface Unit {
  readonly perMicro: bigint;
  readonly microsPer: bigint;
  readonly digits: number;
}

const millis: Unit = { perMicro: 1n, microsPer: 1000n, digits: MILLISECOND_DIGITS };
const micros: Unit = { perMicro: 1n, microsPer: 1n, digits: 6 };
const nanos: Unit = { perMicro: 1000n, microsPer: 1n, digits: 9 };

const timeUnits: Readonly<Record<string, Unit>> = {
  'io.debezium.time.Time': millis,
  'org.apache.kafka.connect.data.Time': millis,
  'io.debezium.time.MicroTime': micros,
  'io.debezium.time.NanoTime': nanos,
};

/** Nanoseconds are missing: they end in the year 2262. */
const timestampUnits: Readonly<Record<string, Unit>> = {
  'io.debezium.time.Timestamp': millis,
  'org.apache.kafka.connect.data.Timestamp': millis,
  'io.debezium.time.MicroTimestamp': micros,
};

function clockDecoder(
  { schema, subject, type }: ValueContext,
  units: Readonly<Record<string, Unit>>,
  print: (micros: bigint) => string,
): ValueDecoder {
  const unit = units[schema.name ?? ''];
  const digits = type.modifiers[0] ?? 6;
  if (!unit || digits > unit.digits) {
    const form = schema.name ?? schema.type;
    throw wrongSetting(subject, `${form} does not keep its microseconds`, 'time.precision.mode=adaptive');
  }
  return (value) => print((BigInt(integerOf(subject, value)) * unit.microsPer) / unit.perMicro);
}

function finiteOrNot(subject: string, at: bigint): string {
  if (at === INFINITY_MICROS) return 'infinity';
  if (at === NEGATIVE_INFINITY_MICROS) return '-infinity';
  if (at < FIRST_MICROS) throw badValue(subject, String(at));
  return timestampText(at);
}

function dateDecoder({ schema, subject }: ValueContext): ValueDecoder {
  const isDate = schema.name === 'io.debezium.time.Date' || schema.name === 'org.apache.kafka.connect.data.Date';
  if (!isDate) {
    throw wrongSetting(
      subject,
      `${schema.name ?? schema.type} does not hold every date`,
      'time.precision.mode=adaptive',
    );
  }
  return (value) => {
    const days = Number(integerOf(subject, value));
    if (days >= FIRST_DAY && days <= LAST_DAY) return dateText(days);
    const infinity = INFINITY_DAYS[days];
    if (infinity === undefined) throw badValue(subject, value);
    return infinity;
  };
}

function zonedDecoder({ schema, subject }: ValueContext): ValueDecoder {
  if (schema.name !== 'io.debezium.time.ZonedTimestamp') {
    throw wrongSetting(subject, `it came as ${schema.name ?? schema.type}`, 'time.precision.mode=adaptive');
  }
  const text = stringOf(subject);
  return (value) => {
    const printed = zonedTimestampText(text(value));
    if (printed === undefined) throw badValue(subject, value);
    return printed;
  };
}

function intervalDecoder({ schema, subject, sourceType }: ValueContext): ValueDecoder {
  // An amount of time of MySQL, which has no days and months.
  if (schema.name === 'io.debezium.time.MicroTime' && sourceType !== 'interval') {
    return (value) => durationText(BigInt(integerOf(subject, value)));
  }
  if (schema.name !== 'io.debezium.time.Interval') {
    throw wrongSetting(subject, 'months were turned into microseconds', 'interval.handling.mode=string');
  }
  const text = stringOf(subject);
  return (value) => {
    const printed = intervalText(text(value));
    if (printed === undefined) throw badValue(subject, value);
    return printed;
  };
}
