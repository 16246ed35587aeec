// Nothing here does I/O: whether a read may be about a parked key is decided by texts alone.

/** Keys of a read model whose rows must not be read, ready to be compared with what requests ask for. */
export interface ParkedKeys {
  /** Whether what a request names may be one of the keys. `undefined`: it names none, so it may be about all of them. */
  mayName(text: string | undefined): boolean;
}

/** Stands for keys that are not known, which every read may be about. */
export const anyKey = '';

const wholeNumber = /^(0|-?[1-9]\d*)$/;

/**
 * A handler may read `05`, `+5` or ` 5` as the key 5, and `ANN` as `ann`. So a parked key that is a number is left alone
 * only by another whole number, spelled as PostgreSQL prints it; any other only by a text that differs in more than case,
 * accents and punctuation. Whatever is in doubt is with legacy, which costs speed and nothing else.
 */
export function parkedKeys(keys: readonly string[]): ParkedKeys {
  const numbers = new Set(keys.filter((key) => wholeNumber.test(key)).map(Number));
  const any = keys.includes(anyKey);
  const texts = new Set(keys.filter((key) => !wholeNumber.test(key)).map(folded));
  return {
    mayName: (text) => {
      if (keys.length === 0) return false;
      if (text === undefined) return true;
      if (any) return true;
      // As numbers, since a handler may lose the last digits of a long one.
      if (numbers.size > 0 && (!wholeNumber.test(text) || numbers.has(Number(text)))) return true;
      return texts.size > 0 && (texts.has(folded(text)) || texts.has(''));
    },
  };
}

function folded(text: string): string {
  return text
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
}
