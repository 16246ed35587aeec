import { Instant, instantOf } from './instant.ts';
import type { Rank } from './match-sorted.ts';
import { decimalOf, type Scalar } from './scalars.ts';
import { typeOf } from './json-value.ts';
import { meaningOf, type ValueSense } from './value-sense.ts';

/** Undefined: no tolerance is about a value like this one. */
export function rankOf(value: Scalar, sense: ValueSense): Rank | undefined {
  const instant = sense.timeMs === undefined || typeof value !== 'string' ? undefined : instantOf(value);
  if (instant !== undefined) {
    return { kind: `time ${instant.isZoned}`, at: instant.seconds + Number(`0.${instant.fraction}`) };
  }
  const meaning = meaningOf(value, sense);
  const decimal = meaning instanceof Instant ? undefined : decimalOf(meaning);
  if (decimal === undefined || meaning instanceof Instant) return undefined;
  return { kind: typeOf(meaning), at: Number(decimal) };
}
