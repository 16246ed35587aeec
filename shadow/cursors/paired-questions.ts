import { bodyFields } from '../../src/kernel/body-fields.ts';
import { headerValue, type Exchange, type HttpQuestion, type Side } from '../../src/kernel/exchange.ts';
import { replaceParameter } from './cursor-text.ts';
import type { CursorBook } from './cursor-book.ts';

export interface PairedQuestions {
  readonly legacy: HttpQuestion;
  readonly candidate: HttpQuestion;
}

/**
 * The question as each side understands it: with its own tokens. Undefined: there is a token in it that only one of them
 * knows, or one that the side which answered the user does not know.
 */
export function pairedQuestions(
  { question, servedBy }: Pick<Exchange, 'question' | 'servedBy'>,
  feature: string,
  parameters: ReadonlySet<string>,
  book: CursorBook,
): PairedQuestions | undefined {
  if (isAskedInBody(question, parameters)) return undefined;
  let isKnown = true;
  const askedOf = (side: Side): HttpQuestion => {
    let { target } = question;
    for (const parameter of parameters) {
      ({ target } = replaceParameter(target, parameter, (token) => {
        const own = book.tokenOf(side, feature, parameter, token);
        // What the user was answered, they were answered to the token as it is.
        if (own === undefined || (side === servedBy && own !== token)) isKnown = false;
        return own ?? token;
      }));
    }
    return target === question.target ? question : { ...question, target };
  };
  const questions = { legacy: askedOf('legacy'), candidate: askedOf('candidate') };
  return isKnown ? questions : undefined;
}

/** Without the tokens: they are made anew for each user, and the same page is the same proof. */
export function withoutCursors(question: HttpQuestion, parameters: ReadonlySet<string>): HttpQuestion {
  let { target } = question;
  for (const parameter of parameters) ({ target } = replaceParameter(target, parameter, () => undefined));
  return target === question.target ? question : { ...question, target };
}

/** A token in a body is not exchanged: it is asked with byte for byte. */
function isAskedInBody({ query, headers }: HttpQuestion, parameters: ReadonlySet<string>): boolean {
  if (query === undefined || parameters.size === 0) return false;
  if (query.operation === undefined) {
    return bodyFields(query.body, headerValue(headers, 'content-type')).some((name) => parameters.has(name));
  }
  const { variables } = JSON.parse(Buffer.from(query.body).toString()) as { readonly variables?: unknown };
  if (typeof variables !== 'object' || variables === null) return false;
  return Object.entries(variables).some(([name, value]) => parameters.has(name) && value !== null && value !== '');
}
