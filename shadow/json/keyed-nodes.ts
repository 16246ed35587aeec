import { JsonNumber } from './json-number.ts';
import { ESCAPED, KIND, LITERAL, NEXT, NODE, NUMBER, OBJECT, STRING, WHAT, type TokenTape } from './token-tape.ts';

/** The elements of an array on a tape by their key; undefined when it does not tell all of them apart. */
export function keyedElements(tape: TokenTape, array: number, key: string): Map<string, number> | undefined {
  const { nodes } = tape;
  const elements = new Map<string, number>();
  const end = nodes[array + NEXT]!;
  for (let element = array + NODE; element < end; element = nodes[element + NEXT]!) {
    const name = keyOfElement(tape, element, key);
    if (name === undefined || elements.has(name)) return undefined;
    elements.set(name, element);
  }
  return elements;
}

/** One text for each key, and different ones for "1" and 1; undefined without a usable one. */
export function keyOfElement(tape: TokenTape, element: number, key: string): string | undefined {
  const { nodes } = tape;
  if ((nodes[element + WHAT]! & KIND) !== OBJECT) return undefined;
  let found: number | undefined;
  const end = nodes[element + NEXT]!;
  for (let member = element + NODE; member < end; member = nodes[member + NODE + NEXT]!) {
    if (!isKey(tape, member, key)) continue;
    if (found !== undefined) return undefined;
    found = member + NODE;
  }
  return found === undefined ? undefined : nameOf(tape, found);
}

function isKey(tape: TokenTape, member: number, key: string): boolean {
  const { nodes, bytes } = tape;
  // A key is at least as long in bytes as in characters.
  if (nodes[member + 1]! - nodes[member]! < key.length) return false;
  const isPlain = (nodes[member + WHAT]! & KIND) === STRING;
  if (isPlain && key !== '' && key.charCodeAt(0) < 0x80 && bytes[nodes[member]!] !== key.charCodeAt(0)) return false;
  return tape.text(member) === key;
}

/** Not written in two ways, as all others may be. */
const plainInteger = /^(0|[1-9]\d{0,15})$/;

function nameOf(tape: TokenTape, node: number): string | undefined {
  const kind = tape.nodes[node + WHAT]! & KIND;
  const text = kind === STRING || kind === ESCAPED || kind === NUMBER || kind === LITERAL ? tape.text(node) : 'null';
  if (kind === STRING || kind === ESCAPED) return `"${text}`;
  if (kind === NUMBER) return plainInteger.test(text) ? text : new JsonNumber(text).canonical;
  return text === 'null' ? undefined : text;
}
