import type { ShownPair } from '../shown-value.ts';
import { distinctOn, explainEach, mostFrequent, ruleAt, ruleFor, type Cause, type Rule } from './cause.ts';

function textsOf({ legacy, candidate }: ShownPair): { legacy: string; candidate: string } | undefined {
  if (legacy.type !== 'string' || candidate.type !== 'string' || legacy.text === candidate.text) return undefined;
  return { legacy: legacy.text, candidate: candidate.text };
}

/** What some change of the text makes equal. */
function equalAfter(change: (text: string) => string): (pair: ShownPair) => boolean {
  return (pair) => {
    const texts = textsOf(pair);
    return texts !== undefined && change(texts.legacy) === change(texts.candidate);
  };
}

function changedBy(
  name: string,
  sentence: string,
  change: (text: string) => string,
  ruleOf?: (path: string, isSo: (pair: ShownPair) => boolean) => Rule | undefined,
): Cause {
  const isSo = equalAfter(change);
  return { name, explain: (clues) => explainEach(clues, isSo, sentence, ruleOf?.(clues.path, isSo)) };
}

const letterCase = changedBy(
  'letter-case',
  'only capital and small letters differ',
  (text) => text.toLowerCase(),
  (path, isSo) => ruleAt('tolerance', path, { case: true }, isSo),
);

const whiteSpace = changedBy('white-space', 'only white space differs: one side trims it or runs it together', (text) =>
  text.trim().replaceAll(/\s+/g, ' '),
);

const unicodeForm = changedBy('unicode-form', 'the letters are the same in another Unicode form (NFC, NFD)', (text) =>
  text.normalize('NFC'),
);

const htmlEscaped = changedBy('html-escaped', 'one side escapes characters for HTML, the other does not', unescaped);

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(\w{2,4}));/gi,
    (whole, decimal?: string, hex?: string, name = '') => {
      if (decimal !== undefined) return String.fromCodePoint(Math.min(Number(decimal), 0x10_ffff));
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return entities[name] ?? whole;
    },
  );
}

const wrongCharset: Cause = {
  name: 'charset',
  explain: (clues) =>
    explainEach(
      clues,
      (pair) => {
        const texts = textsOf(pair);
        return (
          texts !== undefined && (isMisread(texts.legacy, texts.candidate) || isMisread(texts.candidate, texts.legacy))
        );
      },
      'one side reads UTF-8 as Latin-1',
    ),
};

function isMisread(text: string, misread: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[^\x00-\x7f]/.test(text) && Buffer.from(text, 'utf8').toString('latin1') === misread;
}

function cutOf(pair: ShownPair): string | undefined {
  const texts = textsOf(pair);
  if (texts === undefined || texts.candidate === '' || texts.legacy === '') return undefined;
  if (texts.legacy.startsWith(texts.candidate)) return `the candidate ${texts.candidate.length}`;
  return texts.candidate.startsWith(texts.legacy) ? `legacy ${texts.legacy.length}` : undefined;
}

const truncated: Cause = {
  name: 'truncated',
  explain: ({ pairs }) => {
    const most = mostFrequent(pairs, cutOf);
    const found = pairs.filter((pair) => cutOf(pair) === most?.text);
    if (most === undefined || distinctOn(found, 'legacy') < 2) return undefined;
    const [, who, length] = /^(.+) (\d+)$/.exec(most.text)!;
    return { sentence: `${who} cuts texts to ${length} characters`, explained: most.count };
  },
};

const generated = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|(?=.*\d)(?=.*[a-z])[\w-]{20,})$/i;

function areGenerated(pair: ShownPair): boolean {
  const texts = textsOf(pair);
  return texts !== undefined && generated.test(texts.legacy) && generated.test(texts.candidate);
}

const generatedId: Cause = {
  name: 'generated',
  explain: ({ path, pairs }) => {
    const found = pairs.filter(areGenerated);
    if (distinctOn(found, 'legacy') < 3 || distinctOn(found, 'candidate') < found.length) return undefined;
    const sentence = 'both sides look like ids or tokens that each makes for itself';
    return { sentence, explained: found.length, rule: ruleFor('ignore', path, () => true) };
  },
};

export const textCauses: readonly Cause[] = [
  letterCase,
  whiteSpace,
  unicodeForm,
  htmlEscaped,
  wrongCharset,
  truncated,
  generatedId,
];
