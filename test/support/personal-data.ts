/** Personal data of many kinds, none of it anybody's, each value once: who finds it knows where it came from. */
export class PersonalData {
  /** What must be found nowhere, with a name for it. */
  readonly secrets: { readonly what: string; readonly text: string }[] = [];
  #count = 0;

  /** One value of each kind that shows by its looks. */
  kinds(): Record<'email' | 'card' | 'bearer' | 'jwt' | 'iban' | 'phone' | 'token', string> {
    const n = (this.#count += 1);
    return {
      email: this.#keep(`e-mail ${n}`, `zebedee.q${n}@people${n}.example`),
      card: this.#keep(`card ${n}`, cardNumber(n)),
      bearer: `Bearer ${this.#keep(`bearer ${n}`, `opaque-${n}-zzyzx`)}`,
      jwt: this.#keep(`JWT ${n}`, `eyJhbGciOiJIUzI1NiJ9.${base64(`{"sub":"zebedee ${n}"}`)}.c2lnbmVk${n}`),
      iban: this.#keep(`IBAN ${n}`, iban(n)),
      phone: this.#keep(`phone ${n}`, `+49 151 ${String(20_000_000 + n * 37)}`),
      token: this.#keep(`token ${n}`, `Ab3xQ9zR7tY2uW5vK8mN1pL4sD6fG0hJcBzXqE${String(n).padStart(4, '0')}`),
    };
  }

  /** A value that only a rule or the name of its field makes personal. */
  name(): string {
    const n = (this.#count += 1);
    return this.#keep(`name ${n}`, `Zebedee Quimby${n}x`);
  }

  /** The same in one word, as sessions and passwords are. */
  word(): string {
    const n = (this.#count += 1);
    return this.#keep(`word ${n}`, `hunter${n}zz`);
  }

  /** Which secrets a text holds, in whatever way it may have been written. */
  foundIn(text: string): string[] {
    return this.secrets
      .filter(({ text: secret }) => writings(secret).some((each) => text.includes(each)))
      .map(({ what }) => what);
  }

  #keep(what: string, text: string): string {
    this.secrets.push({ what, text });
    return text;
  }
}

function writings(secret: string): string[] {
  return [
    secret,
    secret.replaceAll(' ', ''),
    encodeURIComponent(secret),
    secret.replaceAll(' ', '+'),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    base64(secret).slice(2, -2),
    Buffer.from(secret).toString('hex'),
  ];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Of a kind that is given out by nobody, with a right check digit (Luhn). */
function cardNumber(n: number): string {
  const body = `411111${String(100_000_000 + n * 7).padStart(9, '0')}`;
  for (let digit = 0; ; digit += 1) if (luhn(`${body}${digit}`)) return `${body}${digit}`;
}

function luhn(digits: string): boolean {
  const sum = Array.from(digits, Number)
    .toReversed()
    .map((digit, i) => (i % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)))
    .reduce((a, b) => a + b, 0);
  return sum % 10 === 0;
}

/** German, with a right checksum (ISO 13616). */
function iban(n: number): string {
  const account = `99999999${String(n).padStart(10, '0')}`;
  const rest = Number(BigInt(`${account}131400`) % 97n);
  return `DE${String(98 - rest).padStart(2, '0')}${account}`;
}
