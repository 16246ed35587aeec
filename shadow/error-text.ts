import { displayText } from './display-text.ts';
import type { Redactor } from './redact.ts';

/** Names of tables, columns and code, which say what is to be mended. */
const identifier = /^[a-z_$][a-z0-9_$]*(?:\.[a-z_$][a-z0-9_$]*)*$/;
/** What stands in quotes, and the values that PostgreSQL shows in its details: `Key (name)=(Ada)`. */
const quoted = /"([^"\n]*)"|(?<![\p{L}\p{N}])'([^'\n]*)'(?![\p{L}\p{N}])|`([^`\n]*)`|(?<=\)=\()([^)\n]*)(?=\))/gu;

/**
 * What a candidate says of its failure, as it may be stored. Errors quote what they were given, and no redact rule has a path
 * into them: a piece in quotes that is no plain identifier is a hash.
 */
export function errorText(text: string, redactor: Redactor): string {
  const hidden = text.slice(0, maxRead).replaceAll(quoted, (all, ...groups: (string | undefined)[]) => {
    const said = groups.slice(0, 4).find((group) => group !== undefined) ?? '';
    return said === '' || identifier.test(said) ? all : all.replace(said, () => redactor.hash(said));
  });
  return displayText(hidden, redactor);
}

const maxRead = 4_096;
