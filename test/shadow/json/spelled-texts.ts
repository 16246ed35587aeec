/** Pairs of JSON texts that mean the same or nearly so, written in all the ways that JSON has, and from time to time broken. */

/** A scalar is the list of its spellings. */
type Tree = string | readonly string[] | { readonly elements: Tree[] } | { readonly members: [string, Tree][] };

const scalars: readonly (readonly string[])[] = [
  ['0', '0.00', '0e7'],
  ['-0', '-0.0'],
  ['1', '1.0', '1e0', '10E-1', '0.1e1'],
  ['12', '12.0', '1.2e+1'],
  ['123'],
  ['9007199254740993', '9007199254740993.0'],
  ['9007199254740992'],
  ['1e400', '1E+400', '10e399'],
  ['1e99999999999999999999', '1E99999999999999999999'],
  ['true'],
  ['false'],
  ['null'],
];

const long = 'a text that is longer than what is compared four bytes at a time, and longer still';
const strings = ['', 'a', 'ab', 'abc', 'abcd', 'abce', '1', 'a"b', '\\', '/', '\n', '\0', 'é', '😀', long, `${long}.`];
/** Many begin with another; halves of a pair stand alone in some. */
const keys = [
  '',
  'a',
  'b',
  'id',
  'id2',
  'i',
  'rows',
  'token',
  '__proto__',
  'é',
  '\u{1F600}',
  '\ud800',
  '\udc00x',
  'a"',
];
/** What is put where it breaks a text, or not. */
const breaking = ['', ...Array.from('"\\,:{}[]0129.eE-+ tnu\n\0')];
const spaces = [' ', '\n', '\t', '\r\n', '    '];

export class Speller {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A text, and another one of the same value with a few changes. */
  pair(): readonly [legacy: string, candidate: string] {
    const tree = this.#tree(this.#below(40) === 0 ? 30 : 4);
    const isLoose = this.#below(3) > 0;
    const other = this.#below(4) === 0 ? tree : this.#changed(tree);
    return [this.#broken(this.#spelled(tree, isLoose)), this.#broken(this.#spelled(other, isLoose))];
  }

  /** 0 up to, but not including, a number: splitmix32. */
  #below(count: number): number {
    this.#state = (this.#state + 0x9e_37_79_b9) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21_f0_aa_ad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x73_5a_2d_97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % count;
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[this.#below(all.length)]!;
  }

  #tree(depth: number): Tree {
    const what = depth === 0 ? this.#below(2) : this.#below(6);
    if (what === 0) return this.#oneOf(scalars);
    if (what === 1) return this.#oneOf(strings);
    // Deep ones are narrow.
    const few = depth > 4 ? 2 : 5;
    const count = depth < 3 && this.#below(12) === 0 ? 16 + this.#below(60) : this.#below(few);
    const inside = (): Tree => this.#tree(depth > 4 && what > 2 ? depth - 1 : Math.min(depth - 1, 3));
    if (what < 4) return { elements: Array.from({ length: count }, inside) };
    return { members: Array.from({ length: count }, () => [this.#key(), inside()]) };
  }

  #key(): string {
    return this.#below(3) > 0 ? this.#oneOf(keys) : `key ${this.#below(2_000)}`;
  }

  #changed(tree: Tree): Tree {
    if (this.#below(25) === 0) return this.#tree(1);
    if (typeof tree === 'string' || !('elements' in tree || 'members' in tree)) return tree;
    const how = this.#below(10);
    if ('elements' in tree) {
      const elements = this.#rearranged(tree.elements, how);
      return { elements: elements.map((each) => this.#changed(each)) };
    }
    const members = this.#rearranged(tree.members, how);
    return { members: members.map(([key, value]) => [how === 9 ? this.#key() : key, this.#changed(value)]) };
  }

  #rearranged<T>(all: readonly T[], how: number): T[] {
    const at = this.#below(all.length + 1);
    if (how === 0) return all.toReversed();
    if (how === 1) return [...all.slice(at), ...all.slice(0, at)];
    if (how === 2) return all.toSpliced(at, 1);
    return how === 3 && all.length > 0 ? all.toSpliced(at, 0, this.#oneOf(all)) : [...all];
  }

  #spelled(tree: Tree, isLoose: boolean): string {
    if (typeof tree === 'string') return this.#quoted(tree, isLoose);
    if (!('elements' in tree || 'members' in tree)) return isLoose ? this.#oneOf(tree) : tree[0]!;
    const space = (): string => (isLoose && this.#below(6) === 0 ? this.#oneOf(spaces) : '');
    const within = (parts: readonly string[]): string => parts.map((part) => space() + part + space()).join(',');
    if ('elements' in tree) return `[${within(tree.elements.map((each) => this.#spelled(each, isLoose)))}]`;
    const members = tree.members.map(
      ([key, value]) => `${this.#quoted(key, isLoose)}${space()}:${space()}${this.#spelled(value, isLoose)}`,
    );
    return `{${within(members)}}`;
  }

  #quoted(text: string, isLoose: boolean): string {
    // By code points: what is one in UTF-8 is escaped as a whole.
    const written = Array.from(text, (point) => {
      const plain = JSON.stringify(point).slice(1, -1);
      if (!isLoose || this.#below(30) > 0) return plain;
      const units = Array.from({ length: point.length }, (_, at) => point.charCodeAt(at).toString(16).padStart(4, '0'));
      const escaped = units.map((unit) => String.raw`\u${this.#below(2) === 0 ? unit : unit.toUpperCase()}`).join('');
      return point === '/' && this.#below(2) === 0 ? String.raw`\/` : escaped;
    });
    return `"${written.join('')}"`;
  }

  #broken(text: string): string {
    if (this.#below(60) === 0) return `\u{FEFF}${text}`;
    if (this.#below(12) > 0) return text;
    const at = this.#below(text.length + 1);
    const broken = text.slice(0, at) + this.#oneOf(breaking) + text.slice(at + this.#below(2));
    // Without the half of a pair that a cut may have left.
    return Buffer.from(broken).toString();
  }
}
