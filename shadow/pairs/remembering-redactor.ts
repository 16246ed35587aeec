import type { Redactor } from '../redact.ts';

/** The same, for one pair of answers: names of keys come again in each row, and most values on both sides. */
export function rememberingRedactor(redactor: Redactor): Redactor {
  return { ...redactor, hash: remembered(redactor.hash), text: remembered(redactor.text) };
}

function remembered(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) known.set(text, (made = make(text)));
    return made;
  };
}
