const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** Reads the tokens of RFC 8259 one after another. What is not one is `undefined`, and `at` may then be anywhere. */
export class TextScanner {
  readonly text: string;
  /** Where the next token begins. */
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Skips white space and gives the code of what comes then, NaN at the end, without taking it. */
  peek(): number {
    const { text } = this;
    let at = this.at;
    let code = text.charCodeAt(at);
    while (code === SPACE || code === 0x0a || code === 0x0d || code === 0x09) {
      at += 1;
      code = text.charCodeAt(at);
    }
    this.at = at;
    return code;
  }

  /** Takes the word if it is next. */
  takes(word: 'true' | 'false' | 'null'): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  /** A string; `at` is at its opening quote. Lone surrogates stay what they are. */
  readString(): string | undefined {
    const { text } = this;
    const start = this.at + 1;
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.at = at + 1;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) return this.#readEscaped(start, at);
      if (code < SPACE) return undefined;
    }
    return undefined;
  }

  /** A number as it is written. */
  readNumber(): string | undefined {
    const { text } = this;
    const start = this.at;
    let at = start;
    if (text.charCodeAt(at) === 0x2d) at += 1;
    const whole = text.charCodeAt(at) === ZERO ? at + 1 : digitsFrom(text, at);
    if (whole === at) return undefined;
    at = whole;
    if (text.charCodeAt(at) === 0x2e) {
      const fraction = digitsFrom(text, at + 1);
      if (fraction === at + 1) return undefined;
      at = fraction;
    }
    if ((text.charCodeAt(at) | SPACE) === 0x65) {
      const sign = text.charCodeAt(at + 1);
      const from = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      at = digitsFrom(text, from);
      if (at === from) return undefined;
    }
    this.at = at;
    return text.slice(start, at);
  }

  #readEscaped(start: number, firstEscape: number): string | undefined {
    const { text } = this;
    let read = '';
    let from = start;
    let at = firstEscape;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.at = at + 1;
        return read + text.slice(from, at);
      }
      if (code < SPACE) return undefined;
      if (code !== BACKSLASH) {
        at += 1;
        continue;
      }
      const isUnicode = text.charCodeAt(at + 1) === 0x75;
      const meant = isUnicode ? unicodeAt(text, at + 2) : escapes.get(text.charAt(at + 1));
      if (meant === undefined) return undefined;
      read += text.slice(from, at) + meant;
      at += isUnicode ? 6 : 2;
      from = at;
    }
    return undefined;
  }
}

function digitsFrom(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) at += 1;
  return at;
}

function unicodeAt(text: string, start: number): string | undefined {
  let unit = 0;
  for (let at = start; at < start + 4; at += 1) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit === undefined) return undefined;
    unit = unit * 16 + digit;
  }
  return String.fromCharCode(unit);
}

function hexDigit(code: number): number | undefined {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = (code | SPACE) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : undefined;
}
