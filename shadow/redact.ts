import { createHmac } from 'node:crypto';
import { replacePersonal } from './detectors.ts';

/** Replaces personal data by a keyed hash: equal values stay visibly equal, and nobody without the key can guess them. */
export interface Redactor {
  /** `<redacted:1f2e3d4c5b6a>` for a whole value. */
  readonly hash: (text: string) => string;
  /** The text with e-mail addresses, IBANs, card and phone numbers, tokens in it replaced, see detectors.ts. */
  readonly text: (text: string) => string;
  /** Whether `text` would change it. */
  readonly isPersonal: (text: string) => boolean;
  /** Whether values of that name are personal: by the redact rules, or for what such names mean everywhere. */
  readonly isPersonalName: (name: string) => boolean;
  /** Whether a field of that name is personal in every answer: passwords, tokens, phone numbers. */
  readonly isSecretField: (name: string) => boolean;
  /** A request target with personal query values and path segments replaced; `params`: those of its path, by name. */
  readonly target: (target: string, params?: Readonly<Record<string, string>>) => string;
}

const personalNames =
  /passw|token|secret|api[-_]?key|auth|session|sessid|^sid$|csrf|xsrf|nonce|e-?mail|phone|iban|ssn|birth|signature/i;

/**
 * Fields of answers that are hashes whatever the rules say. Narrower than what is personal in an address, where a value is hidden at no cost:
 * an `author` is worth seeing.
 */
const secretFields =
  /passw(or)?d|passphrase|passcode|(^|[-_.])(pin|cvv|cvc|otp|ssn)$|secret|token$|api[-_]?key|authorization|session[-_]?id|sessid|^session$|^sid$|csrf|xsrf|(^|[-_])nonce$|signature$|e-?mail|phone|mobile|iban|birth|card[-_]?(no|num|number)$/i;

/** `key` is a secret of the control store. `names` are keys whose query parameters are personal, from the redact rules. */
export function createRedactor(key: Uint8Array, names: readonly string[] = []): Redactor {
  const lowerNames = new Set(names.map((name) => name.toLowerCase()));

  function hash(text: string): string {
    return `<redacted:${createHmac('sha256', key).update(text).digest('hex').slice(0, 12)}>`;
  }

  function redactText(text: string): string {
    return replacePersonal(text, hash);
  }

  /** A plus in a query is a blank to most, and a plus to whoever wrote it by hand: `?q=+49151...`. */
  function redactComponent(text: string): string {
    for (const plain of [decoded(text), decoded(text.replaceAll('+', '%2B'))]) {
      const redacted = redactText(plain);
      if (redacted !== plain) return redacted;
    }
    return text;
  }

  function isPersonalName(name: string): boolean {
    return personalNames.test(name) || lowerNames.has(name.toLowerCase());
  }

  function redactQuery(query: string): string {
    return query.replaceAll(/([^&=]*)(=?)([^&]*)/g, (pair, rawName: string, equals: string, rawValue: string) => {
      if (pair === '') return pair;
      const name = decoded(rawName);
      const value = isPersonalName(name) && rawValue !== '' ? hash(decoded(rawValue)) : redactComponent(rawValue);
      return `${redactComponent(rawName)}${equals}${value}`;
    });
  }

  return {
    hash,
    text: redactText,
    isPersonal: (text) => redactText(text) !== text,
    isPersonalName,
    isSecretField: (name) => secretFields.test(name),
    target: (target, params = {}) => {
      const [path = '', ...rest] = target.split('?');
      const named = Object.entries(params).filter(([name, value]) => value !== '' && isPersonalName(name));
      const redactedPath = path
        .split('/')
        .map((segment) => {
          const isNamed = named.some(([, value]) => value === segment || value === decodedSegment(segment));
          return isNamed ? hash(decodedSegment(segment)) : redactComponent(segment);
        })
        .join('/');
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

function decodedSegment(segment: string): string {
  return decoded(segment.replaceAll('+', '%2B'));
}
