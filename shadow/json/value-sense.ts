import type { ValueFormat } from '../../src/config/compare-rules.ts';
import type { Tolerance } from '../../src/config/rule-list.ts';
import { instantOf, isWithinTime, Instant } from './instant.ts';
import { isDecimal, isWithinRelative, isWithinTolerance, JsonNumber } from './json-number.ts';
import { decimalOf, scalarText, type Scalar } from './scalars.ts';

/** A tolerance or a format, and what it is counted under. */
export type ValueRule = Tolerance & { readonly id: string; readonly format?: ValueFormat | undefined };

/** What all rules of one place together make of two values that stand there. */
export interface ValueSense {
  readonly absolute: number | undefined;
  readonly relative: number | undefined;
  readonly timeMs: number | undefined;
  readonly ignoresCase: boolean;
  readonly readsTimes: boolean;
  readonly readsDecimals: boolean;
}

/** The widest of each; undefined: values are compared strictly. */
export function valueSense(rules: readonly ValueRule[]): ValueSense | undefined {
  if (rules.length === 0) return undefined;
  const most = (name: 'absolute' | 'relative' | 'timeMs'): number | undefined => {
    const given = rules.flatMap((rule) => rule[name] ?? []);
    return given.length === 0 ? undefined : Math.max(...given);
  };
  return {
    absolute: most('absolute'),
    relative: most('relative'),
    timeMs: most('timeMs'),
    ignoresCase: rules.some((rule) => rule.ignoresCase === true),
    readsTimes: rules.some((rule) => rule.format === 'timestamp'),
    readsDecimals: rules.some((rule) => rule.format === 'decimal'),
  };
}

/** Whether being the same is a matter of how far apart two values are, so that it need not pass from one pair to the next. */
export function isInexact({ absolute, relative, timeMs }: Tolerance): boolean {
  return absolute !== undefined || relative !== undefined || timeMs !== undefined;
}

/** What a value says under the formats of its place. */
export type Meaning = Scalar | Instant;

export function meaningOf(value: Scalar, sense: ValueSense): Meaning {
  if (typeof value !== 'string') return value;
  if (sense.readsDecimals && isDecimal(value)) return new JsonNumber(value);
  const instant = sense.readsTimes ? instantOf(value) : undefined;
  if (instant !== undefined) return instant;
  // Capitals first: letters that only have a capital in common, such as the two small sigmas, are the same then.
  return sense.ignoresCase ? value.toUpperCase().toLowerCase() : value;
}

/** One text for all values that say the same; texts of values of different types never meet. */
export function meaningText(value: Scalar, sense: ValueSense | undefined): string {
  if (sense === undefined) return scalarText(value);
  const meaning = meaningOf(value, sense);
  return meaning instanceof Instant ? meaning.text : scalarText(meaning);
}

/** Strings by their code units: what Unicode calls canonically equivalent (NFC and NFD) is not the same here. */
export function isSameScalar(legacy: Scalar, candidate: Scalar, sense: ValueSense | undefined): boolean {
  if (legacy === candidate) return true;
  const areNumbers = legacy instanceof JsonNumber && candidate instanceof JsonNumber;
  if (areNumbers && (legacy.lexeme === candidate.lexeme || legacy.canonical === candidate.canonical)) return true;
  return sense !== undefined && isSameInSense(legacy, candidate, sense);
}

function isSameInSense(legacy: Scalar, candidate: Scalar, sense: ValueSense): boolean {
  const [ours, theirs] = [meaningOf(legacy, sense), meaningOf(candidate, sense)];
  if (areSameMeanings(ours, theirs)) return true;
  return isWithinNumbers(ours, theirs, sense) || isWithinTimes(legacy, candidate, sense);
}

function areSameMeanings(ours: Meaning, theirs: Meaning): boolean {
  if (ours instanceof Instant || theirs instanceof Instant) {
    return ours instanceof Instant && theirs instanceof Instant && ours.text === theirs.text;
  }
  return ours === theirs || scalarText(ours) === scalarText(theirs);
}

function isWithinNumbers(ours: Meaning, theirs: Meaning, { absolute, relative }: ValueSense): boolean {
  if (absolute === undefined && relative === undefined) return false;
  if (ours instanceof Instant || theirs instanceof Instant) return false;
  if (ours instanceof JsonNumber !== theirs instanceof JsonNumber) return false;
  const [a, b] = [decimalOf(ours), decimalOf(theirs)];
  if (a === undefined || b === undefined) return false;
  if (absolute !== undefined && isWithinTolerance(a, b, absolute)) return true;
  return relative !== undefined && isWithinRelative(a, b, relative);
}

function isWithinTimes(legacy: Scalar, candidate: Scalar, { timeMs }: ValueSense): boolean {
  if (timeMs === undefined || typeof legacy !== 'string' || typeof candidate !== 'string') return false;
  const [a, b] = [instantOf(legacy), instantOf(candidate)];
  return a !== undefined && b !== undefined && isWithinTime(a, b, timeMs);
}
