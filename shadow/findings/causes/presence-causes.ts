import { identityOf, isEmpty, type Shown, type ShownPair } from '../shown-value.ts';
import { distinctOn, explainEach, mostFrequent, type Cause } from './cause.ts';

const nullAgainstAbsent: Cause = {
  name: 'null-or-absent',
  explain: (clues) =>
    explainEach(
      clues,
      ({ legacy, candidate }) =>
        (legacy.type === 'null' && candidate.type === 'nothing') ||
        (legacy.type === 'nothing' && candidate.type === 'null'),
      'one side says null where the other leaves the key out',
    ),
};

const emptyAgainstNull: Cause = {
  name: 'null-or-empty',
  explain: (clues) =>
    explainEach(
      clues,
      ({ legacy, candidate }) => isEmpty(legacy) && isEmpty(candidate) && legacy.type !== candidate.type,
      'one side says null or nothing where the other has an empty text or list',
    ),
};

/** A column default, or a fallback in a mapping. */
const defaultValue: Cause = {
  name: 'default',
  explain: ({ pairs }) => filledIn(pairs, 'candidate', 'the candidate') ?? filledIn(pairs, 'legacy', 'legacy'),
};

function filledIn(
  pairs: readonly ShownPair[],
  side: 'legacy' | 'candidate',
  who: string,
): ReturnType<Cause['explain']> {
  const other = side === 'legacy' ? 'candidate' : 'legacy';
  const defaultOf = (pair: ShownPair): string | undefined =>
    isEmpty(pair[other]) && !isEmpty(pair[side]) ? textOf(pair[side]) : undefined;
  const most = mostFrequent(pairs, defaultOf);
  if (most === undefined || most.count < 2) return undefined;
  const where = side === 'legacy' ? 'the candidate has nothing' : 'legacy has nothing';
  return { sentence: `${who} has ${most.text} where ${where}: a default`, explained: most.count };
}

const alwaysEmpty: Cause = {
  name: 'always-empty',
  explain: ({ pairs, kind }) => {
    const found = pairs.filter(({ legacy, candidate }) => isEmpty(candidate) && !isEmpty(legacy));
    if (distinctOn(found, 'legacy') < 2) return undefined;
    const sentence =
      kind === 'missing'
        ? 'the candidate does not have it at all'
        : 'it is empty in the candidate: not filled in, or not joined';
    return { sentence, explained: found.length };
  },
};

const alwaysTheSame: Cause = {
  name: 'constant',
  explain: ({ pairs }) => {
    const most = mostFrequent(pairs, ({ candidate }) => (isEmpty(candidate) ? undefined : identityOf(candidate)));
    const found = pairs.filter(({ candidate }) => identityOf(candidate) === most?.text);
    if (most === undefined || distinctOn(found, 'legacy') < 4) return undefined;
    return { sentence: `the candidate always has ${textOf(found[0]!.candidate)}`, explained: most.count };
  },
};

const truth: Cause = {
  name: 'truth-value',
  explain: (clues) =>
    explainEach(
      clues,
      ({ legacy, candidate }) => {
        const [ours, theirs] = [truthOf(legacy), truthOf(candidate)];
        return ours !== undefined && ours === theirs && identityOf(legacy) !== identityOf(candidate);
      },
      'true and false are written in another way',
    ),
};

function truthOf(shown: Shown): boolean | undefined {
  if (!('text' in shown)) return undefined;
  if (/^(true|1|y|yes|t|on)$/i.test(shown.text)) return true;
  return /^(false|0|n|no|f|off)$/i.test(shown.text) ? false : undefined;
}

function textOf(shown: Shown): string {
  if (shown.type === 'string') return JSON.stringify(shown.text);
  return 'text' in shown ? shown.text : 'nothing';
}

export const presenceCauses: readonly Cause[] = [
  nullAgainstAbsent,
  emptyAgainstNull,
  truth,
  defaultValue,
  alwaysEmpty,
  alwaysTheSame,
];
