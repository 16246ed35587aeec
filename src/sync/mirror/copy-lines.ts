const [NEWLINE, TAB] = [0x0a, 0x09];

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * Values of some columns of the last line, as text. Nothing here decodes more than it is asked for. Source: PostgreSQL
 * documentation, COPY, "Text Format"; line ends and tabs within values are escaped, and UTF-8 has neither byte elsewhere.
 */
export function lastLine(bytes: Buffer, columns: readonly number[]): readonly string[] | undefined {
  if (bytes.length === 0) return undefined;
  // A negative offset would count from the end.
  const before = bytes.length < 2 ? -1 : bytes.lastIndexOf(NEWLINE, bytes.length - 2);
  return fieldsOf(bytes, before + 1, columns);
}

/** Each line by itself, with its end. */
export function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start) + 1 || bytes.length;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** The lines that are to stay, by what some of their columns say. */
export function filterLines(
  bytes: Buffer,
  columns: readonly number[],
  stays: (values: readonly string[]) => boolean,
): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start) + 1 || bytes.length;
    if (!stays(fieldsOf(bytes, start, columns))) {
      parts.push(bytes.subarray(from, start));
      from = end;
    }
    start = end;
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

function fieldsOf(bytes: Buffer, lineStart: number, columns: readonly number[]): readonly string[] {
  const last = Math.max(...columns);
  const fields: string[] = [];
  let start = lineStart;
  for (let column = 0; column <= last; column += 1) {
    let end = start;
    while (end < bytes.length && bytes[end] !== TAB && bytes[end] !== NEWLINE) end += 1;
    if (columns.includes(column)) fields[columns.indexOf(column)] = unescape(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return fields;
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}
