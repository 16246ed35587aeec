import { decimalText, identityOf, type ShownPair } from '../shown-value.ts';
import { distinctOn, mostFrequent, ruleAt, type Cause, type Clues } from './cause.ts';

interface Numbers {
  readonly legacy: number;
  readonly candidate: number;
  readonly legacyDigits: number;
  readonly candidateDigits: number;
}

/** Both are numbers, or both are texts that hold one. */
function numbersOf(pair: ShownPair): Numbers | undefined {
  const [legacy, candidate] = [decimalText(pair.legacy), decimalText(pair.candidate)];
  if (legacy === undefined || candidate === undefined || pair.legacy.type !== pair.candidate.type) return undefined;
  return {
    legacy: Number(legacy),
    candidate: Number(candidate),
    legacyDigits: digitsAfterPoint(legacy),
    candidateDigits: digitsAfterPoint(candidate),
  };
}

function digitsAfterPoint(text: string): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

function isSameDecimal(pair: ShownPair): boolean {
  const [legacy, candidate] = [decimalText(pair.legacy), decimalText(pair.candidate)];
  const areSame = legacy !== undefined && candidate !== undefined && Number(legacy) === Number(candidate);
  return areSame && pair.legacy.type !== pair.candidate.type;
}

const decimalAsText: Cause = {
  name: 'decimal-as-text',
  explain: ({ path, pairs }) => {
    const most = mostFrequent(pairs.filter(isSameDecimal), ({ candidate }) => candidate.type);
    if (most === undefined) return undefined;
    const isText = most.text === 'string';
    const sentence = isText
      ? 'the candidate sends a text where legacy sends the same number'
      : 'the candidate sends a number where legacy sends the same one as text';
    return { sentence, explained: most.count, rule: ruleAt('format', path, 'decimal', isSameDecimal) };
  },
};

function isOffByRepresentation(pair: ShownPair): boolean {
  const both = numbersOf(pair);
  return both !== undefined && both.legacy !== both.candidate && isNear(both.legacy, both.candidate);
}

/** What adding up binary fractions leaves behind: 0.1 + 0.2. */
const floatingPoint: Cause = {
  name: 'floating-point',
  explain: ({ path, pairs }) => {
    const found = pairs.filter(isOffByRepresentation);
    if (found.length === 0) return undefined;
    return {
      sentence: 'the sides differ by what binary fractions cannot hold',
      explained: found.length,
      rule: toleranceOver(path, found),
    };
  },
};

/** The coarser side has what rounding the finer one gives. */
const rounding: Cause = {
  name: 'rounding',
  explain: (clues) => roundedBy('candidate', clues) ?? roundedBy('legacy', clues),
};

function roundedBy(side: 'candidate' | 'legacy', { path, pairs }: Clues): ReturnType<Cause['explain']> {
  const all = pairs.flatMap((pair) => numbersOf(pair) ?? []);
  const coarse = side === 'candidate' ? 'candidateDigits' : 'legacyDigits';
  const fine = side === 'candidate' ? 'legacyDigits' : 'candidateDigits';
  const digits = Math.max(0, ...all.map((each) => each[coarse]));
  if (!all.some((each) => each[fine] > digits)) return undefined;
  const half = 0.5 * 10 ** -digits;
  const found = pairs.filter((pair) => {
    const both = numbersOf(pair);
    return both !== undefined && Math.abs(both.legacy - both.candidate) <= half * (1 + 1e-9);
  });
  if (found.length === 0) return undefined;
  const who = side === 'candidate' ? 'the candidate rounds' : 'legacy rounds';
  const sentence = `${who} to ${digits === 0 ? 'whole numbers' : `${digits} ${digits === 1 ? 'digit' : 'digits'} after the point`}`;
  return { sentence, explained: found.length, rule: toleranceOf(path, Number(half.toPrecision(1))) };
}

/** Both have as many digits, and the last one differs by one: another way to round. */
const lastDigit: Cause = {
  name: 'last-digit',
  explain: ({ path, pairs }) => {
    const digits = Math.max(0, ...pairs.map((pair) => numbersOf(pair)?.legacyDigits ?? 0));
    const unit = 10 ** -digits;
    const found = pairs.filter((pair) => {
      const both = numbersOf(pair);
      return both !== undefined && Math.abs(both.legacy - both.candidate) <= unit * (1 + 1e-6);
    });
    // Whole numbers that differ by one are counts, and a count that is off by one is wrong.
    if (digits === 0 || found.length < 2) return undefined;
    const sentence = 'the last digit differs by one: the sides round in different ways, or at different steps';
    return { sentence, explained: found.length, rule: toleranceOf(path, Number(unit.toPrecision(1))) };
  },
};

/** Units that sides have been seen to mix up: cents, thousands, minutes, kibibytes, signs. */
const knownFactors = [10, 100, 1_000, 60, 3_600, 1_024, 1_000_000];

function ratioOf(pair: ShownPair): string | undefined {
  const both = numbersOf(pair);
  return both && both.legacy !== 0 && both.candidate !== 0
    ? String(Number((both.candidate / both.legacy).toPrecision(6)))
    : undefined;
}

const factor: Cause = {
  name: 'factor',
  explain: ({ pairs }) => {
    const most = mostFrequent(pairs, ratioOf);
    if (most === undefined || most.text === '1') return undefined;
    const ratio = Number(most.text);
    const isKnownFactor = ratio === -1 || knownFactors.some((each) => isNear(each, ratio) || isNear(1 / each, ratio));
    const found = pairs.filter((pair) => ratioOf(pair) === most.text);
    if (distinctOn(found, 'legacy') < (isKnownFactor ? 2 : 3)) return undefined;
    return { sentence: describeFactor(ratio), explained: found.length };
  },
};

function describeFactor(ratio: number): string {
  if (ratio === -1) return 'the candidate has the opposite sign';
  const turned = 1 / ratio;
  if (Math.abs(ratio) < 1 && isNear(Math.round(turned), turned)) {
    return `the candidate has legacy's number divided by ${Math.round(turned)}: another unit?`;
  }
  return `the candidate has ${ratio} times legacy's number: another unit?`;
}

function differenceOf(pair: ShownPair): string | undefined {
  const both = numbersOf(pair);
  return both && String(Number((both.candidate - both.legacy).toPrecision(10)));
}

const offset: Cause = {
  name: 'offset',
  explain: ({ pairs }) => {
    const most = mostFrequent(pairs, differenceOf);
    if (most === undefined || most.text === '0') return undefined;
    const found = pairs.filter((pair) => differenceOf(pair) === most.text);
    if (distinctOn(found, 'legacy') < 3) return undefined;
    const by = Number(most.text);
    const sentence = `the candidate's number is ${by < 0 ? 'lower' : 'higher'} by ${Math.abs(by)} each time`;
    return { sentence, explained: found.length };
  },
};

/** A whole number beyond 2^53 that went through a double. */
const lostDigits: Cause = {
  name: 'lost-digits',
  explain: ({ pairs }) => {
    const found = pairs.filter(({ legacy, candidate }) => {
      const [ours, theirs] = [decimalText(legacy), decimalText(candidate)];
      if (ours === undefined || theirs === undefined || identityOf(legacy) === identityOf(candidate)) return false;
      return !Number.isSafeInteger(Number(ours)) && Number.isInteger(Number(ours)) && Number(ours) === Number(theirs);
    });
    const sentence = 'the last digits of a large whole number are lost: it went through a floating-point number';
    return found.length === 0 ? undefined : { sentence, explained: found.length };
  },
};

function toleranceOver(path: string, pairs: readonly ShownPair[]): ReturnType<typeof ruleAt> {
  const largest = Math.max(...pairs.map((pair) => Math.abs(numbersOf(pair)!.legacy - numbersOf(pair)!.candidate)));
  return toleranceOf(path, 10 ** Math.ceil(Math.log10(largest)));
}

function toleranceOf(path: string, tolerance: number): ReturnType<typeof ruleAt> {
  return ruleAt('tolerance', path, tolerance, (pair) => {
    const both = numbersOf(pair);
    return both !== undefined && Math.abs(both.legacy - both.candidate) <= tolerance * (1 + 1e-9);
  });
}

export const numberCauses: readonly Cause[] = [
  lostDigits,
  decimalAsText,
  floatingPoint,
  rounding,
  lastDigit,
  factor,
  offset,
];
