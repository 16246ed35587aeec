import { isUtf8 } from 'node:buffer';
import type { RulesAt } from '../path-rules.ts';
import { FoundMembers } from './found-members.ts';
import { JsonNumber } from './json-number.ts';
import { keyedElements, keyOfElement } from './keyed-nodes.ts';
import {
  afterSpace,
  ARRAY,
  asBuffer,
  END,
  ESCAPED,
  KIND,
  LITERAL,
  NEXT,
  NODE,
  NUMBER,
  STRING,
  TokenTape,
  WHAT,
} from './token-tape.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSES_ARRAY = 0x5d;
const CLOSES_OBJECT = 0x7d;

const nothing: Buffer = Buffer.alloc(0);

/** Up from so many bytes a call of the runtime compares them sooner than a loop. */
const MANY_BYTES = 64;
/** Open containers that are kept for the next comparison. */
const KEPT = 64;

/** A container that both texts are in. */
class OpenContainer {
  /** Where it stands on the tape. */
  node = 0;
  rules!: RulesAt;
  isArray = false;
  isBegun = false;
  /** Of an array that is not keyed: the element that comes next. */
  next = 0;
  /** Of a keyed array: those that have not been met. */
  elements: Map<string, number> | undefined;
  /** Of an object. */
  readonly members: FoundMembers;

  constructor(tape: TokenTape) {
    this.members = new FoundMembers(tape);
  }
}

/**
 * Reads a JSON text along another one that says the same. Legacy's text is indexed, the candidate's is gone through once, and
 * no value is made of either. Keeps its buffers from one comparison to the next.
 */
export class TextFollower {
  readonly #tape = new TokenTape();
  /** For what of the candidate's text is not written as legacy's is. */
  readonly #other = new TokenTape();
  #bytes = nothing;
  readonly #open: OpenContainer[] = [];
  #depth = 0;
  /** Whether a value comes next; legacy's, and its rules. */
  #isValueNext = true;
  #node = 0;
  #rules!: RulesAt;

  /** Takes two texts. False: legacy's is not JSON (UTF-8), or more of it than is compared. */
  begin(legacy: Uint8Array, candidate: Uint8Array): boolean {
    this.#bytes = asBuffer(candidate);
    return this.#tape.read(legacy) && isUtf8(candidate);
  }

  /** Lets go of the texts. */
  end(): void {
    this.#tape.clear();
    this.#other.clear();
    this.#bytes = nothing;
    if (this.#open.length > KEPT) this.#open.length = KEPT;
  }

  /** Legacy's text. */
  get tape(): TokenTape {
    return this.#tape;
  }

  /**
   * Where the value ends that begins in the candidate's text at `start`, if it is equal under the rules to the one at a node
   * of legacy's. -1 says nothing: they differ, or it takes more to know.
   */
  follow(node: number, start: number, rules: RulesAt): number {
    const bytes = this.#bytes;
    this.#depth = 0;
    this.#node = node;
    this.#rules = rules;
    this.#isValueNext = true;
    let at = afterSpace(bytes, start);
    while (at >= 0) {
      if (this.#isValueNext) at = this.#value(at);
      else if (this.#depth === 0) return at;
      else {
        const container = this.#open[this.#depth - 1]!;
        at = afterSpace(bytes, at);
        at = container.isArray ? this.#element(container, at) : this.#member(container, at);
      }
      if (this.#isValueNext && at >= 0) at = afterSpace(bytes, at);
    }
    return -1;
  }

  /** Each of these goes past what is the same in both, and returns where it ends, or -1. */
  #value(at: number): number {
    this.#isValueNext = false;
    if (this.#rules.ignored) return this.#other.readValue(this.#bytes, at);
    const node = this.#node;
    const kind = this.#tape.nodes[node + WHAT]! & KIND;
    if (kind < ARRAY) return this.#scalar(node, kind, at);
    if (this.#bytes[at] !== this.#tape.bytes[this.#tape.nodes[node]!] || !this.#begin(node, kind === ARRAY)) return -1;
    return at + 1;
  }

  #begin(node: number, isArray: boolean): boolean {
    const rules = this.#rules;
    if (isArray && rules.namesPositions) return false;
    if (this.#depth === this.#open.length) this.#open.push(new OpenContainer(this.#tape));
    const container = this.#open[this.#depth]!;
    this.#depth += 1;
    container.node = node;
    container.rules = rules;
    container.isArray = isArray;
    container.isBegun = false;
    container.next = node + NODE;
    container.elements = undefined;
    if (!isArray) container.members.begin(node);
    else if (rules.keyedBy?.length === 1) {
      container.elements = keyedElements(this.#tape, node, rules.keyedBy[0]!);
      return container.elements !== undefined;
    }
    return true;
  }

  #element(container: OpenContainer, start: number): number {
    const { elements, rules } = container;
    const { nodes } = this.#tape;
    const isAtEnd = elements === undefined ? container.next >= nodes[container.node + NEXT]! : elements.size === 0;
    if (isAtEnd) return this.#close(start, CLOSES_ARRAY);
    const at = this.#separated(container, start);
    if (at < 0) return -1;
    if (elements === undefined) {
      this.#node = container.next;
      container.next = nodes[container.next + NEXT]!;
    } else {
      const key =
        this.#other.readValue(this.#bytes, at) < 0 ? undefined : keyOfElement(this.#other, 0, rules.keyedBy![0]!);
      const node = key === undefined ? undefined : elements.get(key);
      if (node === undefined) return -1;
      elements.delete(key!);
      this.#node = node;
    }
    this.#rules = rules.into(0);
    this.#isValueNext = true;
    return at;
  }

  #member(container: OpenContainer, start: number): number {
    const { members, rules } = container;
    const bytes = this.#bytes;
    if (bytes[start] === CLOSES_OBJECT) {
      const mayEnd = members.areAllFound || this.#areAllIgnored(members.missing(), rules);
      return mayEnd ? this.#close(start, CLOSES_OBJECT) : -1;
    }
    const at = this.#separated(container, start);
    if (at < 0 || bytes[at] !== QUOTE) return -1;
    const key = members.find(bytes, at);
    if (key < 0) return rules.saysNothing ? -1 : this.#extraMember(at, rules);
    const { nodes } = this.#tape;
    const colon = afterSpace(bytes, at + nodes[key + END]! - nodes[key]! + 2);
    if (bytes[colon] !== COLON) return -1;
    this.#node = key + NODE;
    this.#rules = rules.saysNothing ? rules : rules.into(this.#tape.text(key));
    this.#isValueNext = true;
    return colon + 1;
  }

  /** One that legacy has not, or not in a way that is found here. */
  #extraMember(start: number, rules: RulesAt): number {
    const bytes = this.#bytes;
    const end = this.#other.readValue(bytes, start);
    if (end < 0 || !rules.into(this.#other.text(0)).ignored) return -1;
    const colon = afterSpace(bytes, end);
    return bytes[colon] === COLON ? this.#other.readValue(bytes, colon + 1) : -1;
  }

  #areAllIgnored(keys: Iterable<number>, rules: RulesAt): boolean {
    if (rules.saysNothing) return false;
    for (const key of keys) if (!rules.into(this.#tape.text(key)).ignored) return false;
    return true;
  }

  #separated(container: OpenContainer, at: number): number {
    if (container.isBegun) return this.#bytes[at] === COMMA ? afterSpace(this.#bytes, at + 1) : -1;
    container.isBegun = true;
    return at;
  }

  #close(at: number, code: number): number {
    if (this.#bytes[at] !== code) return -1;
    this.#depth -= 1;
    return at + 1;
  }

  #scalar(node: number, kind: number, at: number): number {
    const { nodes } = this.#tape;
    const start = nodes[node]!;
    const length = nodes[node + END]! - start;
    const bytes = this.#bytes;
    if (kind === NUMBER || kind === LITERAL) {
      const end = at + length;
      const isSame = this.#isSameText(start, at, length) && !(kind === NUMBER && goesOn(bytes[end]));
      return isSame ? end : this.#writtenOtherwise(node, kind, at);
    }
    // Behind the same escapes a quote is not escaped, so it ends the other string as well.
    const end = at + 1 + length;
    const isSame = bytes[at] === QUOTE && bytes[end] === QUOTE && this.#isSameText(start, at + 1, length);
    return isSame ? end + 1 : this.#writtenOtherwise(node, kind, at);
  }

  #isSameText(start: number, at: number, length: number): boolean {
    const legacy = this.#tape.bytes;
    const bytes = this.#bytes;
    if (length > MANY_BYTES) {
      return at + length <= bytes.length && legacy.compare(bytes, at, at + length, start, start + length) === 0;
    }
    for (let i = 0; i < length; i += 1) if (legacy[start + i] !== bytes[at + i]) return false;
    return true;
  }

  #writtenOtherwise(node: number, kind: number, at: number): number {
    const end = this.#other.readValue(this.#bytes, at);
    if (end < 0) return -1;
    const other = this.#other.nodes[WHAT]!;
    const [ours, theirs] = [this.#tape.text(node), this.#other.text(0)];
    if (kind === NUMBER && other === NUMBER) {
      return new JsonNumber(ours).canonical === new JsonNumber(theirs).canonical ? end : -1;
    }
    const areStrings = (kind === STRING || kind === ESCAPED) && (other === STRING || other === ESCAPED);
    return areStrings && ours === theirs ? end : -1;
  }
}

/** Whether a number goes on with this byte. */
function goesOn(code: number | undefined): boolean {
  if (code === undefined) return false;
  return (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x65 || code === 0x45;
}
