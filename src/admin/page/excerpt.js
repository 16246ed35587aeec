// Puts two values beside each other, line by line, with the part that differs. No DOM: the offline report uses it too.

/** Lines of each side that are aligned; beyond them the rest is shown as it comes. */
const MAX_ALIGNED = 400;

/**
 * Rows of two values: JSON is spread over lines, lines that both have stand beside each other. A side of a row is
 * `{ before, differs, after }`, or undefined where that side has no such line.
 */
export function excerpt(legacy, candidate) {
  const a = legacy === undefined ? [] : spread(legacy);
  const b = candidate === undefined ? [] : spread(candidate);
  return align(a, b).map(([left, right]) => {
    if (left === right) return { isEqual: true, legacy: whole(left), candidate: whole(right) };
    if (left === undefined || right === undefined) return { isEqual: false, legacy: all(left), candidate: all(right) };
    const [one, other] = differingParts(left, right);
    return { isEqual: false, legacy: one, candidate: other };
  });
}

function whole(line) {
  return { before: line, differs: '', after: '' };
}

function all(line) {
  return line === undefined ? undefined : { before: '', differs: line, after: '' };
}

/** The lines of a JSON text, indented. It is read as text, so that numbers stay as they are and a cut end does no harm. */
export function spread(text) {
  if (!/^\s*[[{]/.test(text)) return [text];
  const lines = [];
  let line = '';
  let depth = 0;
  const end = () => {
    if (line.trim() !== '') lines.push('  '.repeat(Math.max(0, depth)) + line.trim());
    line = '';
  };
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\],]|[^"{}[\],]+/gs)) {
    if (token === '{' || token === '[') {
      line += token;
      end();
      depth += 1;
    } else if (token === '}' || token === ']') {
      end();
      depth -= 1;
      // An empty object or list stays on the line that opened it.
      const last = lines.at(-1) ?? '';
      if (last.endsWith(token === '}' ? '{' : '[')) {
        lines.pop();
        line = last.trim() + token;
      } else line = token;
    } else if (token === ',') {
      line += token;
      end();
    } else line += token;
  }
  end();
  return lines;
}

/** Pairs of lines by their longest common subsequence; what stands between two common lines is paired in order. */
function align(a, b) {
  const common = commonLines(a.slice(0, MAX_ALIGNED), b.slice(0, MAX_ALIGNED));
  const rows = [];
  let i = 0;
  let j = 0;
  for (const [x, y] of [...common, [a.length, b.length]]) {
    for (; i < x || j < y; i += 1, j += 1) rows.push([i < x ? a[i] : undefined, j < y ? b[j] : undefined]);
    i = x + 1;
    j = y + 1;
    if (x < a.length && y < b.length) rows.push([a[x], b[y]]);
  }
  return rows;
}

function commonLines(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Both lines in three parts. What one sees as one character is never cut. */
export function differingParts(left, right) {
  const a = [...segmenter.segment(left)].map(({ segment }) => segment);
  const b = [...segmenter.segment(right)].map(({ segment }) => segment);
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return [a, b].map((parts) => ({
    before: parts.slice(0, start).join(''),
    differs: parts.slice(start, parts.length - end).join(''),
    after: parts.slice(parts.length - end).join(''),
  }));
}
