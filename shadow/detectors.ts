/** A shape that personal data has wherever it stands; `isSo` tells it from what only looks like it. */
interface Detector {
  readonly pattern: RegExp;
  readonly isSo?: (found: string) => boolean;
}

/** Countries that have IBANs (SWIFT registry, release 97). */
const ibanCountries =
  'AD|AE|AL|AT|AZ|BA|BE|BG|BH|BI|BR|BY|CH|CR|CY|CZ|DE|DJ|DK|DO|EE|EG|ES|FI|FK|FO|FR|GB|GE|GI|GL|GR|GT|HN|HR|HU|IE|IL|IQ|IS|IT|JO|KW|KZ|LB|LC|LI|LT|LU|LV|LY|MC|MD|ME|MK|MN|MR|MT|MU|NI|NL|NO|OM|PK|PL|PS|PT|QA|RO|RS|RU|SA|SC|SD|SE|SI|SK|SM|SO|ST|SV|TL|TN|TR|UA|VA|VG|XK|YE';

/** In this order: an e-mail address in a token is part of the token. */
const detectors: readonly Detector[] = [
  { pattern: /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi },
  { pattern: /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g },
  { pattern: /[\p{L}\p{N}._%+'-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/gu },
  {
    pattern: new RegExp(`(?<![A-Za-z0-9])(?:${ibanCountries})\\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Za-z0-9])`, 'gi'),
    isSo: hasIbanChecksum,
  },
  {
    pattern: /(?<![\d.])[2-6]\d{3}(?:[ -]?\d){8,15}(?![\d.]?\d)/g,
    isSo: (found) => passesLuhn(found.replaceAll(/\D/g, '')),
  },
  // Written with a country, or as in North America: other notations are those of any number.
  { pattern: /(?<![\w+.])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?!\d)/g },
  { pattern: /(?<![\w-])(?:\(\d{3}\) ?|\d{3}-)\d{3}-\d{4}(?![\w-])/g },
  // The session that ASP.NET writes into paths for browsers without cookies: `/(S(lit3py55t21z5v55vlm25s55))/orders`.
  { pattern: /\((?:[ASF]\([\w-]{20,}\)){1,3}\)/g },
  // Forty characters and more without a break, with digits and letters of both cases: no word, no UUID, no number.
  { pattern: /(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])[\w+/=-]{40,}(?![\w+/=-])/g },
];

/** Values of parameters whose names say that they let somebody in, in addresses and forms inside of texts. */
const secretParameter =
  /([?&;](?:[\w.-]{0,40}(?:passw|token|secret|api[-_]?key|session|sessid|csrf|xsrf|signature)[\w.-]{0,40})=)([^&\s"'<>#;]+)/gi;
/** The same in JSON that stands in a text: a line of a log, or a body that is compared as text. */
const secretMember =
  /("[\w.-]{0,40}(?:passw|passphrase|token|secret|api[-_]?key|authorization|session|sessid|csrf|xsrf|signature)[\w.-]{0,40}"\s{0,8}:\s{0,8}")(?!<redacted:)((?:[^"\\]|\\.){1,4096})/gi;

/** Short words without a digit, a blank or a sign that all of the above need: most names, and values such as states. */
const plainWord = /^[A-Za-z_$-]{0,39}$/;

/** The text with personal data in it replaced. Takes linear time. */
export function replacePersonal(text: string, replace: (found: string) => string): string {
  if (plainWord.test(text)) return text;
  const found = detectors.reduce(
    (left, { pattern, isSo }) => left.replace(pattern, (each) => (isSo && !isSo(each) ? each : replace(each))),
    text,
  );
  // Last, because such a value ends at a blank, and a token of two words does not.
  const hidden = (_: string, name: string, value: string): string => name + replace(value);
  return found.replace(secretParameter, hidden).replace(secretMember, hidden);
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

/** ISO 13616: with the first four characters moved to the end and letters as numbers, the rest of a division by 97 is 1. */
function hasIbanChecksum(found: string): boolean {
  const compact = found.replaceAll(/[ -]/g, '').toUpperCase();
  if (compact.length < 15 || compact.length > 34) return false;
  let rest = 0;
  for (const char of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
