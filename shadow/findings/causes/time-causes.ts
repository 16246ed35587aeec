import type { ShownPair } from '../shown-value.ts';
import { distinctOn, explainEach, mostFrequent, ruleAt, type Cause } from './cause.ts';
import { instantOf, type Instant } from './instant.ts';

interface Instants {
  readonly legacy: Instant;
  readonly candidate: Instant;
  /** Candidate's minus legacy's, in milliseconds. */
  readonly gapMs: number;
}

function instantsOf(pair: ShownPair): Instants | undefined {
  const [legacy, candidate] = [instantOf(pair.legacy), instantOf(pair.candidate)];
  return legacy && candidate && { legacy, candidate, gapMs: candidate.ms - legacy.ms };
}

const hourMs = 3_600_000;
const quarterMs = 900_000;
const maxZoneMs = 14 * hourMs;
const nearMs = 300_000;

const cutToDate: Cause = {
  name: 'date-only',
  explain: (clues) =>
    explainEach(
      clues,
      (pair) => {
        const both = instantsOf(pair);
        return (
          both !== undefined && both.legacy.hasTime && !both.candidate.hasTime && Math.abs(both.gapMs) <= 24 * hourMs
        );
      },
      'the candidate has the date without the time of day',
    ),
};

function isSameInstant(pair: ShownPair): boolean {
  const both = instantsOf(pair);
  return both !== undefined && both.gapMs === 0 && both.legacy.hasTime && both.candidate.hasTime;
}

const otherNotation: Cause = {
  name: 'time-notation',
  explain: (clues) => {
    // Of a time without a zone nobody knows which instant it is, so no rule can say that it is the same.
    const isSafe = clues.pairs
      .filter(isSameInstant)
      .every((pair) => instantsOf(pair)!.legacy.hasZone && instantsOf(pair)!.candidate.hasZone);
    const rule = isSafe ? ruleAt('format', clues.path, 'timestamp', isSameInstant) : undefined;
    return explainEach(clues, isSameInstant, 'the same time is written in another way, or in another zone', rule);
  },
};

function isOneInWholeSeconds(pair: ShownPair): boolean {
  const both = instantsOf(pair);
  if (both === undefined || both.gapMs === 0 || Math.abs(both.gapMs) >= 1_000) return false;
  return both.legacy.ms % 1_000 === 0 || both.candidate.ms % 1_000 === 0;
}

const fewerDigits: Cause = {
  name: 'time-digits',
  explain: (clues) => {
    const sentence = 'one side cuts or rounds times to whole seconds';
    return explainEach(
      clues,
      isOneInWholeSeconds,
      sentence,
      ruleAt('tolerance', clues.path, { time: '1s' }, isWithin(1_000)),
    );
  },
};

function shiftOf(pair: ShownPair): string | undefined {
  const both = instantsOf(pair);
  const isZone = both && both.gapMs !== 0 && both.gapMs % quarterMs === 0 && Math.abs(both.gapMs) <= maxZoneMs;
  return isZone ? String(both.gapMs) : undefined;
}

/** As between a zone and UTC; with summer time there are two shifts, an hour apart. */
const shift: Cause = {
  name: 'time-shift',
  explain: ({ pairs }) => {
    const first = mostFrequent(pairs, shiftOf);
    if (first === undefined) return undefined;
    const others = pairs.filter((pair) => shiftOf(pair) !== first.text);
    const second = mostFrequent(others, shiftOf);
    const isSummer = second !== undefined && Math.abs(Number(second.text) - Number(first.text)) === hourMs;
    const shifts = [first, ...(isSummer ? [second] : [])];
    const found = pairs.filter((pair) => shifts.some(({ text }) => text === shiftOf(pair)));
    if (distinctOn(found, 'legacy') < 2) return undefined;
    const hours = shifts.map(({ text }) => Math.abs(Number(text)) / hourMs).toSorted((a, b) => a - b);
    const side = Number(first.text) > 0 ? 'ahead' : 'behind';
    const sentence = `the candidate's times are ${hours.join(' or ')} h ${side}: a time zone is missing or applied twice`;
    return { sentence, explained: found.length };
  },
};

const ownClock: Cause = {
  name: 'own-clock',
  explain: ({ path, pairs }) => {
    const found = pairs.filter((pair) => {
      const both = instantsOf(pair);
      return both !== undefined && both.gapMs !== 0 && Math.abs(both.gapMs) <= nearMs;
    });
    if (distinctOn(found, 'legacy') < 3) return undefined;
    const largest = Math.max(...found.map((pair) => Math.abs(instantsOf(pair)!.gapMs)));
    const { text, ms } = spans.find((span) => span.ms >= largest)!;
    return {
      sentence: 'each side writes the time at which it works',
      explained: found.length,
      rule: ruleAt('tolerance', path, { time: text }, isWithin(ms)),
    };
  },
};

const spans = [
  { text: '1s', ms: 1_000 },
  { text: '2s', ms: 2_000 },
  { text: '5s', ms: 5_000 },
  { text: '10s', ms: 10_000 },
  { text: '30s', ms: 30_000 },
  { text: '1m', ms: 60_000 },
  { text: '5m', ms: nearMs },
] as const;

function isWithin(ms: number): (pair: ShownPair) => boolean {
  return (pair) => {
    const both = instantsOf(pair);
    return both !== undefined && Math.abs(both.gapMs) <= ms;
  };
}

/** Seconds or milliseconds since 1970 on one side, a date on the other. */
const unixTime: Cause = {
  name: 'unix-time',
  explain: (clues) =>
    explainEach(
      clues,
      ({ legacy, candidate }) => {
        const instant = instantOf(legacy) ?? instantOf(candidate);
        const other = instantOf(legacy) ? candidate : legacy;
        if (instant === undefined || other.type !== 'number') return false;
        const number = Number(other.text);
        return Math.abs(number - instant.ms) < 1_000 || Math.abs(number * 1_000 - instant.ms) < 1_000;
      },
      'one side writes a time as a number since 1970, the other as a date',
    ),
};

export const timeCauses: readonly Cause[] = [unixTime, otherNotation, cutToDate, fewerDigits, shift, ownClock];
