import { mostFrequent, type Cause } from './cause.ts';

const sentences: Readonly<Record<string, string>> = {
  '2xx 404': 'the candidate does not find what legacy finds: a row is missing, or a filter leaves it out',
  '404 2xx': 'the candidate finds what legacy does not: a row was not deleted, or a filter is missing',
  '401 2xx': 'the candidate answers who is not signed in',
  '403 2xx': 'the candidate shows what legacy forbids',
  '2xx 401': 'the candidate does not know who asks: cookies or tokens are not passed on, or not understood',
  '2xx 403': 'the candidate forbids what legacy shows',
  '2xx 400': 'the candidate refuses the question: a parameter that it does not know or reads more strictly',
  '400 2xx': 'the candidate takes a question that legacy refuses',
  '2xx 3xx': 'the candidate redirects',
  '3xx 2xx': 'the candidate answers where legacy redirects',
};

const status: Cause = {
  name: 'status',
  explain: ({ kind, pairs }) => {
    if (kind !== 'status') return undefined;
    const most = mostFrequent(pairs, ({ legacy, candidate }) =>
      legacy.type === 'number' && candidate.type === 'number'
        ? `${classOf(legacy.text)} ${classOf(candidate.text)}`
        : undefined,
    );
    const sentence = most && sentences[most.text];
    return sentence === undefined ? undefined : { sentence, explained: most!.count };
  },
};

/** Those that have a meaning of their own stand for themselves. */
function classOf(text: string): string {
  return /^(400|401|403|404)$/.test(text) ? text : `${text[0]}xx`;
}

const timeout: Cause = {
  name: 'timeout',
  explain: ({ kind, path, pairs }) =>
    kind === 'error' && path === 'error timeout'
      ? { sentence: 'the candidate took longer than `candidateTimeoutMs`', explained: pairs.length }
      : undefined,
};

export const statusCauses: readonly Cause[] = [status, timeout];
