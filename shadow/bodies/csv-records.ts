/**
 * The records of RFC 4180, whose lines may end in CRLF or LF; the last one need not end. Undefined where readers do not agree:
 * a quote or a bare carriage return inside an unquoted field, text behind a closing quote, a quote that is never closed.
 */
export function readRecords(text: string, separator: string): string[][] | undefined {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length || record.length > 0) {
    const field = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at, separator);
    if (!field) return undefined;
    record.push(field.value);
    at = field.end;
    if (text[at] === separator) {
      at += 1;
      // A separator that nothing follows opens one more field, which is empty.
      if (at < text.length) continue;
      record.push('');
    } else if (at < text.length && lineEndAt(text, at) === 0) {
      return undefined;
    }
    records.push(record);
    record = [];
    at += Math.max(1, lineEndAt(text, at));
  }
  return records;
}

interface Field {
  readonly value: string;
  /** The position behind it. */
  readonly end: number;
}

function readPlain(text: string, start: number, separator: string): Field | undefined {
  let end = start;
  while (end < text.length && text[end] !== separator && lineEndAt(text, end) === 0) {
    if (text[end] === '"' || text[end] === '\r') return undefined;
    end += 1;
  }
  return { value: text.slice(start, end), end };
}

function readQuoted(text: string, start: number): Field | undefined {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

/** The length of a line end, 0 where there is none. */
function lineEndAt(text: string, at: number): number {
  if (text[at] === '\n') return 1;
  return text[at] === '\r' && text[at + 1] === '\n' ? 2 : 0;
}
