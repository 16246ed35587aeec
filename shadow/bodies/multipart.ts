import { createHash } from 'node:crypto';
import { readParameters } from '../media-type.ts';
import { BeyondBounds, NodeBudget, type BodyTree } from './body-tree.ts';

/**
 * A multipart body (RFC 2046 section 5.1, RFC 7578), whatever its boundary: of form-data each name with the list of its
 * parts, of other types the list of parts. A part has `headers` and a `body`: its text, or `bytes` and `sha256` of what is
 * no UTF-8. Undefined where the parts are not delimited as the boundary says.
 */
export function readMultipart(body: Uint8Array, type: string, boundary: string | undefined): BodyTree | undefined {
  if (boundary === undefined || boundary === '' || boundary.length > 70) return undefined;
  // Latin-1 has a character for every byte, so that positions in the text are positions in the body.
  const parts = splitParts(Buffer.from(body).toString('latin1'), boundary);
  if (!parts) return undefined;
  const trees: { name: string | undefined; tree: BodyTree }[] = [];
  for (const part of parts) {
    const read = readPart(part);
    if (!read) return undefined;
    trees.push(read);
  }
  if (type !== 'multipart/form-data') return trees.map(({ tree }) => tree);
  const form = new Map<string, BodyTree[]>();
  for (const { name, tree } of trees) {
    if (name === undefined) return undefined;
    const list = form.get(name);
    if (list) list.push(tree);
    else form.set(name, [tree]);
  }
  return form;
}

function splitParts(text: string, boundary: string): string[] | undefined {
  const all = `\r\n${text}`;
  const budget = new NodeBudget();
  const parts: string[] = [];
  let delimiter = nextDelimiter(all, boundary, 0);
  try {
    while (delimiter && !delimiter.isLast) {
      budget.add(1);
      // The line end in front of a delimiter belongs to it, also where it is the one behind the delimiter before.
      const next = nextDelimiter(all, boundary, delimiter.end - 2);
      if (next) parts.push(all.slice(delimiter.end, Math.max(delimiter.end, next.start)));
      delimiter = next;
    }
  } catch (error) {
    if (error instanceof BeyondBounds) return undefined;
    throw error;
  }
  return delimiter && parts;
}

interface Delimiter {
  readonly start: number;
  /** Behind its line end. */
  readonly end: number;
  readonly isLast: boolean;
}

const delimiterEnd = /(--)?[ \t]*(?:\r\n|$)/y;

/** A line that only begins like a delimiter is content. Undefined: there is none. */
function nextDelimiter(text: string, boundary: string, from: number): Delimiter | undefined {
  const dashes = `\r\n--${boundary}`;
  for (let start = text.indexOf(dashes, from); start >= 0; start = text.indexOf(dashes, start + 2)) {
    delimiterEnd.lastIndex = start + dashes.length;
    const found = delimiterEnd.exec(text);
    if (found) return { start, end: delimiterEnd.lastIndex, isLast: found[1] !== undefined };
  }
  return undefined;
}

function readPart(part: string): { name: string | undefined; tree: BodyTree } | undefined {
  const isBare = part.startsWith('\r\n');
  const end = isBare ? 0 : part.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const headers = new Map<string, BodyTree>();
  let name: string | undefined;
  for (const line of part.slice(0, end).split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    const header = line.slice(0, colon).trim().toLowerCase();
    const value = fromLatin1(line.slice(colon + 1).trim());
    if (header === 'content-disposition') {
      if (headers.has(header)) return undefined;
      const [disposition, parameters] = readParameters(value);
      name = parameters.get('name');
      headers.set(header, disposition);
      for (const [parameter, said] of parameters) if (parameter !== 'name') headers.set(`${header} ${parameter}`, said);
    } else {
      const before = headers.get(header);
      headers.set(header, typeof before === 'string' ? `${before}\n${value}` : value);
    }
  }
  const content = Buffer.from(part.slice(end + (isBare ? 2 : 4)), 'latin1');
  const tree = new Map<string, BodyTree>([
    ['headers', headers],
    ['body', contentOf(content)],
  ]);
  return { name, tree };
}

function contentOf(content: Buffer): BodyTree {
  const text = decoded(content);
  if (text !== undefined) return text;
  return new Map([
    ['bytes', String(content.byteLength)],
    ['sha256', createHash('sha256').update(content).digest('hex')],
  ]);
}

function fromLatin1(text: string): string {
  return decoded(Buffer.from(text, 'latin1')) ?? text;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
