import { count } from './format.js';
import { variationWords } from './words.js';

/** What is said of a place where legacy itself varies: how, how often, what it had there, and the rule for it. */
export function variationLine({ route, path, kind, varied, asked, first, second, proposal }) {
  const values = [first, second].map((value) => (value === undefined ? '(nothing)' : value));
  return {
    path,
    route,
    what: `${variationWords[kind] ?? kind}, in ${count(varied)} of ${count(asked)} looks`,
    values: values.join(', then '),
    rule: proposal,
  };
}
