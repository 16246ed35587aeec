import { expect, test } from 'vitest';
import { EMPTY, ObjectShapes, ODD } from '../../../shadow/json/object-shapes.ts';
import { TextFollower } from '../../../shadow/json/text-follower.ts';
import { NODE, SHAPE_BITS, TokenTape, WHAT } from '../../../shadow/json/token-tape.ts';
import { noRules } from '../../../shadow/path-rules.ts';

const shapes = new ObjectShapes();
const tape = new TokenTape(shapes);

function shapeOf(text: string, node = 0): number {
  expect(tape.read(Buffer.from(text))).toBe(true);
  return tape.nodes[node + WHAT]! >> SHAPE_BITS;
}

const objectOf = (keys: readonly string[]): string => JSON.stringify(Object.fromEntries(keys.map((key) => [key, 0])));
const many = (count: number, prefix = 'k'): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

const rows = (from: number): string =>
  `[${many(3_000, `key ${from} `)
    .map((key) => `{"${key}":1}`)
    .join(',')}]`;

test('objects with the same keys in the same order have the same shape, whatever they hold', () => {
  const shape = shapeOf('{"a":1,"b":{"c":2}}');
  expect(shape).not.toBe(ODD);
  expect(shapeOf('{ "a" : [] , "b" : null }')).toBe(shape);
  expect(shapeOf('{"b":1,"a":2}')).not.toBe(shape);
  expect(shapeOf('{"a":1}')).not.toBe(shape);
  expect(shapeOf('{}')).toBe(EMPTY);
});

test('its last key is known by its name', () => {
  expect(shapes.name(shapeOf('{"a":1,"naïve 😀":{"c":2}}'))).toBe('naïve 😀');
  expect(shapes.name(shapeOf('{"__proto__":1}'))).toBe('__proto__');
  expect(shapes.name(shapeOf('{"a":1,"":1}'))).toBe('');
});

test.each([
  ['a key twice', '{"a":1,"b":2,"a":3}'],
  ['a key twice with another object between', '{"a":{"b":{"a":1}},"a":3}'],
  ['an escape in a key', String.raw`{"a":1,"\u0062":2}`],
  ['more keys than are kept', objectOf(many(65))],
])('%s has no shape', (_, text) => {
  expect(shapeOf(text)).toBe(ODD);
  // Nor when it comes again.
  expect(shapeOf(text)).toBe(ODD);
});

test('a key that is the beginning of another one is not taken for it', () => {
  const [short, long] = [shapeOf('{"id":1}'), shapeOf('{"id2":1}')];
  expect(short).not.toBe(long);
  expect(shapeOf('{"id":2}')).toBe(short);
  expect(shapes.name(shapeOf('{"i":2}'))).toBe('i');
});

test('objects of ever new keys take no more than there is room for, and make room for others later', () => {
  const follower = new TextFollower();
  for (let from = 0; from < 5; from += 1) {
    const text = Buffer.from(rows(from));
    expect(follower.begin(text, Buffer.from(` ${rows(from)}`))).toBe(true);
    expect(follower.follow(0, 1, noRules)).toBe(text.length + 1);
    follower.end();
  }
  const [one, other] = [Buffer.from('[{"a":1,"b":2}]'), Buffer.from('[{"b":2,"a":1}]')];
  follower.begin(one, other);
  expect(follower.tape.nodes[NODE + WHAT]! >> SHAPE_BITS).not.toBe(ODD);
  expect(follower.follow(0, 0, noRules)).toBe(other.length);
});
