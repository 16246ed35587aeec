import { createHmac } from 'node:crypto';

/** Replaces personal data by a keyed hash: equal values stay visibly equal, and nobody without the key can guess them. */
export interface Redactor {
  /** `<redacted:1f2e3d4c5b6a>` for a whole value. */
  readonly hash: (text: string) => string;
  /** The text with e-mail addresses, card numbers and bearer tokens in it replaced. */
  readonly text: (text: string) => string;
  /** Whether `text` would change it. */
  readonly isPersonal: (text: string) => boolean;
  /** A request target with personal query values and path segments replaced. */
  readonly target: (target: string) => string;
}

const email = /[\p{L}\p{N}._%+'-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu;
const cardLike = /(?<![\d.])[2-6]\d{3}(?:[ -]?\d){8,15}(?![\d.]?\d)/g;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi;
const jsonWebToken = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
/** Forty characters and more without a break, with digits and letters of both cases: no word, no UUID, no number. */
const longToken = /(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])[\w+/=-]{40,}(?![\w+/=-])/g;

const personalNames = /passw|token|secret|api[-_]?key|auth|session|e-?mail|phone|iban|ssn|birth|signature/i;

/** `key` is a secret of the control store. `names` are keys whose query parameters are personal, from the redact rules. */
export function createRedactor(key: Uint8Array, names: readonly string[] = []): Redactor {
  const lowerNames = new Set(names.map((name) => name.toLowerCase()));

  function hash(text: string): string {
    return `<redacted:${createHmac('sha256', key).update(text).digest('hex').slice(0, 12)}>`;
  }

  function redactText(text: string): string {
    return text
      .replace(bearer, hash)
      .replace(jsonWebToken, hash)
      .replace(email, hash)
      .replace(cardLike, (digits) => (passesLuhn(digits.replaceAll(/\D/g, '')) ? hash(digits) : digits))
      .replace(longToken, hash);
  }

  function redactComponent(text: string): string {
    const plain = decoded(text);
    const redacted = redactText(plain);
    return redacted === plain ? text : redacted;
  }

  function redactQuery(query: string): string {
    return query.replaceAll(/([^&=]*)(=?)([^&]*)/g, (pair, rawName: string, equals: string, rawValue: string) => {
      if (pair === '') return pair;
      const name = decoded(rawName);
      const isNamed = personalNames.test(name) || lowerNames.has(name.toLowerCase());
      const value = isNamed && rawValue !== '' ? hash(decoded(rawValue)) : redactComponent(rawValue);
      return `${redactComponent(rawName)}${equals}${value}`;
    });
  }

  return {
    hash,
    text: redactText,
    isPersonal: (text) => redactText(text) !== text,
    target: (target) => {
      const [path = '', ...rest] = target.split('?');
      const redactedPath = path.split('/').map(redactComponent).join('/');
      return rest.length === 0 ? redactedPath : `${redactedPath}?${redactQuery(rest.join('?'))}`;
    },
  };
}

/** The last names of the paths of redact rules: a query parameter of the same name holds the same data. */
export function namesInPaths(paths: readonly string[]): string[] {
  return paths.flatMap((path) => /([\w-]+)[^\w]*$/.exec(path)?.[1] ?? []);
}

function decoded(component: string): string {
  try {
    return decodeURIComponent(component.replaceAll('+', ' '));
  } catch {
    return component;
  }
}

function passesLuhn(digits: string): boolean {
  if (digits.length < 14 || digits.length > 19) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    if (i % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}
