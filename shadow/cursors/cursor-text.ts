const MASK = '(cursor)';
const MAX_TOKEN = 4_096;

/**
 * The token that a text is, or that an address in it carries as this parameter, and the text without it. Undefined: there is
 * none.
 */
export function tokenIn(
  text: string,
  parameter: string,
): { readonly token: string; readonly masked: string } | undefined {
  if (text === '' || text.length > MAX_TOKEN * 2) return undefined;
  const mark = text.indexOf('?');
  const isAddress = mark >= 0 && (text.startsWith('/') || text.startsWith('?') || /^https?:\/\//i.test(text));
  if (!isAddress) return text.length > MAX_TOKEN ? undefined : { token: text, masked: MASK };
  const replaced = replaceParameter(text, parameter, () => MASK);
  return replaced.token === undefined ? undefined : { token: replaced.token, masked: replaced.target };
}

export interface ReplacedParameter {
  readonly target: string;
  /** What the first parameter of that name held, decoded; undefined: there was none, or it was empty. */
  readonly token: string | undefined;
}

/** Replaces the values of one query parameter and leaves every other byte alone. Undefined from `other`: it is taken out. */
export function replaceParameter(
  target: string,
  parameter: string,
  other: (token: string) => string | undefined,
): ReplacedParameter {
  const mark = target.indexOf('?');
  if (mark < 0) return { target, token: undefined };
  const hash = target.indexOf('#', mark);
  const query = target.slice(mark + 1, hash < 0 ? undefined : hash);
  let first: string | undefined;
  const pairs = query.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0 || decoded(pair.slice(0, equals)) !== parameter) return [pair];
    const token = decoded(pair.slice(equals + 1));
    if (token === '') return [pair];
    first ??= token;
    const replacement = other(token);
    if (replacement === undefined) return [];
    return [replacement === token ? pair : `${pair.slice(0, equals + 1)}${encodeURIComponent(replacement)}`];
  });
  const rest = hash < 0 ? '' : target.slice(hash);
  const asked = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return { target: `${target.slice(0, mark)}${asked}${rest}`, token: first };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
