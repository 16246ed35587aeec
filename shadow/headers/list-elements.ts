/**
 * The elements of a list header (RFC 9110 section 5.6.1): several lines are one list, empty elements count for nothing, and a
 * separator inside a quoted string or between angle brackets separates nothing.
 */
export function listElements(lines: readonly string[], separator = ','): string[] {
  return lines.flatMap((line) => splitOutside(line, separator));
}

function splitOutside(line: string, separator: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let until: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at];
    if (until !== undefined) {
      if (character === '\\' && until === '"') at += 1;
      else if (character === until) until = undefined;
    } else if (character === '"') until = '"';
    else if (character === '<') until = '>';
    else if (character === separator) {
      elements.push(line.slice(start, at).trim());
      start = at + 1;
    }
  }
  elements.push(line.slice(start).trim());
  return elements.filter((element) => element !== '');
}

/** What a quoted string stands for; any other text as it is. */
export function unquoted(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/su.exec(text)?.[1];
  return quoted === undefined ? text : quoted.replaceAll(/\\(.)/gsu, '$1');
}

/** For sorting by code units, which no locale changes. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
