import { isUtf8 } from 'node:buffer';
import type { RulesAt } from '../path-rules.ts';
import { FoundMembers } from './found-members.ts';
import { JsonNumber } from './json-number.ts';
import { KeyedNodes } from './keyed-nodes.ts';
import { MemberOrder } from './member-order.ts';
import { ObjectShapes, ODD } from './object-shapes.ts';
import {
  afterSpace,
  ARRAY,
  asBuffer,
  END,
  ESCAPED,
  goesOn,
  grown,
  isSameAt,
  KIND,
  NEXT,
  NODE,
  NUMBER,
  SHAPE_BITS,
  STRING,
  TokenTape,
  viewOf,
  WHAT,
} from './token-tape.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSES_ARRAY = 0x5d;
const CLOSES_OBJECT = 0x7d;

const nothing: Buffer = Buffer.alloc(0);
const noView = viewOf(nothing);

/** Up from so many bytes a call of the runtime compares them sooner than a loop. */
const MANY_BYTES = 64;
/** Levels of open containers for which there is room from one comparison to the next. */
const KEPT = 64;

/** What is open in both texts: elements that come in order or are known by a key, members whose keys are known or not. */
const IN_ORDER = 0;
const KEYED = 1;
const SHAPED = 2;
const UNSHAPED = 3;

/**
 * Numbers of one level: which of these it is, and what is left of it. In order: the next element, and where they end. Shaped:
 * where its keys are listed, how many it has and how many were found, the one found last, and the position guessed next.
 */
const LEVEL = 6;

/**
 * Reads a JSON text along another one that says the same. Legacy's text is indexed, the candidate's is gone through once, and
 * no value is made of either. Keeps its buffers from one comparison to the next.
 */
export class TextFollower {
  readonly shapes = new ObjectShapes();
  readonly #tape = new TokenTape(this.shapes);
  /** For what of the candidate's text is not written as legacy's is. */
  readonly #other = new TokenTape(this.shapes);
  readonly #order = new MemberOrder(this.#tape);
  #legacy: Uint8Array | undefined;
  #candidate: Uint8Array | undefined;
  #isRead = false;
  #bytes = nothing;
  #view = noView;
  #levels = new Int32Array(KEPT * LEVEL);
  readonly #rules: RulesAt[] = [];
  /** By level, where they have been needed. */
  readonly #keyed: KeyedNodes[] = [];
  readonly #unshaped: FoundMembers[] = [];

  /** Takes two texts, unless it has them already. False: legacy's is not JSON (UTF-8), or more of it than is compared. */
  begin(legacy: Uint8Array, candidate: Uint8Array): boolean {
    if (this.#legacy === legacy && this.#candidate === candidate) return this.#isRead;
    this.shapes.makeRoom();
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#bytes = asBuffer(candidate);
    this.#view = viewOf(candidate);
    this.#isRead = this.#tape.read(legacy) && isUtf8(candidate);
    return this.#isRead;
  }

  /** Lets go of the texts. */
  end(): void {
    this.#tape.clear();
    this.#other.clear();
    this.#order.clear();
    this.#legacy = undefined;
    this.#candidate = undefined;
    this.#bytes = nothing;
    this.#view = noView;
    if (this.#levels.length > KEPT * LEVEL) this.#levels = new Int32Array(KEPT * LEVEL);
    if (this.#rules.length > KEPT) this.#rules.length = this.#keyed.length = this.#unshaped.length = 0;
  }

  /** Legacy's text. */
  get tape(): TokenTape {
    return this.#tape;
  }

  /**
   * Where the value ends that begins in the candidate's text at `start`, if it is equal under the rules to the one at a node
   * of legacy's. -1 says nothing: they differ, or it takes more to know. One function, because every byte goes through it.
   */
  follow(wholeNode: number, start: number, wholeRules: RulesAt): number {
    const { nodes, bytes: legacy } = this.#tape;
    const bytes = this.#bytes;
    const { length } = bytes;
    const ours = this.#tape.view;
    const theirs = this.#view;
    const { begins, follows } = this.shapes;
    const outerRules = this.#rules;
    let levels = this.#levels;
    let { keys } = this.#order;
    let top = 0;
    let depth = 0;
    // What is open, see `LEVEL`.
    let way = IN_ORDER;
    let next = 0;
    let end = 0;
    let found = 0;
    let last = ODD;
    let guess = 0;
    let rulesOfOpen = wholeRules;
    /** No rule is about what is open, or what is in it. */
    let isFree = wholeRules.saysNothing && !wholeRules.ignored;
    let isFirst = false;
    // The value that comes next.
    let node = wholeNode;
    let rules = wholeRules;
    let at = start;
    for (;;) {
      let code = at < length ? bytes[at]! : 0;
      while (code <= SPACE && isSpace(code)) code = (at += 1) < length ? bytes[at]! : 0;
      const what = nodes[node + WHAT]!;
      const kind = what & KIND;
      if (!isFree && rules.ignored) {
        at = this.#other.readValue(bytes, at);
        if (at < 0) return -1;
      } else if (kind < ARRAY) {
        const from = nodes[node]!;
        const size = nodes[node + END]! - from;
        const count = kind < STRING ? size : size + 2;
        let isSame: boolean;
        if (count > MANY_BYTES) isSame = isSameText(legacy, kind < STRING ? from : from - 1, bytes, at, count);
        else isSame = isSameAt(theirs, at, ours, kind < STRING ? from : from - 1, count);
        if (kind === NUMBER && isSame) isSame = !goesOn(bytes[at + count]);
        // Behind the same escapes a quote is not escaped, so it ends the other string as well.
        at = isSame ? at + count : this.#writtenOtherwise(node, kind, at);
        if (at < 0) return -1;
      } else {
        if (code !== legacy[nodes[node]!]) return -1;
        if (kind === ARRAY && rules.namesPositions) return -1;
        if ((depth + 1) * LEVEL > levels.length) levels = this.#levels = grown(levels);
        const level = depth * LEVEL;
        levels[level] = way;
        levels[level + 1] = next;
        levels[level + 2] = end;
        levels[level + 3] = found;
        levels[level + 4] = last;
        levels[level + 5] = guess;
        outerRules[depth] = rulesOfOpen;
        depth += 1;
        rulesOfOpen = rules;
        isFree = rules.saysNothing;
        isFirst = true;
        at += 1;
        if (kind === ARRAY) {
          way = rules.keyedBy?.length === 1 ? KEYED : IN_ORDER;
          if (way === KEYED && !this.#beginKeyed(depth, node, rules)) return -1;
          next = node + NODE;
          end = nodes[node + NEXT]!;
        } else {
          last = what >> SHAPE_BITS;
          way = last === ODD ? UNSHAPED : SHAPED;
          if (way === SHAPED) {
            next = top;
            end = this.shapes.size[last]!;
            top += end;
            found = 0;
            guess = begins[last]!;
            keys = this.#order.list(node, next, end);
          } else this.#beginUnshaped(depth, node);
        }
      }
      // What comes behind it.
      for (;;) {
        if (depth === 0) return at;
        code = at < length ? bytes[at]! : 0;
        while (code <= SPACE && isSpace(code)) code = (at += 1) < length ? bytes[at]! : 0;
        if (way < SHAPED) {
          if (way === IN_ORDER ? next < end : this.#keyed[depth]!.left > 0) {
            if (isFirst) isFirst = false;
            else if (code === COMMA) at += 1;
            else return -1;
            if (way === IN_ORDER) {
              node = next;
              next = nodes[next + NEXT]!;
            } else {
              at = afterSpace(bytes, at);
              node = this.#keyed[depth]!.take(bytes, at);
              if (node < 0) return -1;
            }
            rules = isFree ? rulesOfOpen : rulesOfOpen.into(0);
            break;
          }
          if (code !== CLOSES_ARRAY) return -1;
        } else if (code === CLOSES_OBJECT) {
          const isWhole = way === SHAPED ? found === end : this.#unshaped[depth]!.areAllFound;
          if (!isWhole) {
            const missing = way === SHAPED ? this.#order.missing(next, end) : this.#unshaped[depth]!.missing();
            if (!this.#areAllIgnored(missing, rulesOfOpen)) return -1;
          }
          if (way === SHAPED) top = next;
        } else {
          if (isFirst) isFirst = false;
          else {
            if (code !== COMMA) return -1;
            code = (at += 1) < length ? bytes[at]! : 0;
            while (code <= SPACE && isSpace(code)) code = (at += 1) < length ? bytes[at]! : 0;
          }
          if (code !== QUOTE) return -1;
          let key = -1;
          if (way === SHAPED) {
            let position = guess;
            key = guess < end ? keys[next + guess]! : -1;
            if (key >= 0) {
              const from = nodes[key]!;
              const size = nodes[key + END]! - from;
              if (!isSameAt(theirs, at, ours, from - 1, size + 2)) key = -1;
            }
            if (key < 0) {
              position = this.#order.search(bytes, at, next, end);
              if (position >= 0) {
                key = keys[next + position]!;
                if (found === 0) begins[last] = position;
                else follows[last] = position;
              }
            }
            if (key >= 0) {
              keys[next + position] = -1 - key;
              found += 1;
              last = nodes[key + WHAT]! >> SHAPE_BITS;
              guess = follows[last]!;
            }
          } else key = this.#unshaped[depth]!.find(bytes, at);
          if (key < 0) {
            if (isFree) return -1;
            at = this.#extraMember(at, rulesOfOpen);
            if (at < 0) return -1;
            continue;
          }
          at += nodes[key + END]! - nodes[key]! + 2;
          if (bytes[at] !== COLON) {
            at = afterSpace(bytes, at);
            if (bytes[at] !== COLON) return -1;
          }
          at += 1;
          node = key + NODE;
          rules = isFree ? rulesOfOpen : rulesOfOpen.into(this.#nameOf(key));
          break;
        }
        at += 1;
        isFirst = false;
        depth -= 1;
        rulesOfOpen = outerRules[depth]!;
        isFree = rulesOfOpen.saysNothing;
        const level = depth * LEVEL;
        way = levels[level]!;
        next = levels[level + 1]!;
        end = levels[level + 2]!;
        found = levels[level + 3]!;
        last = levels[level + 4]!;
        guess = levels[level + 5]!;
      }
    }
  }

  /** False: it takes more to know which elements belong together. */
  #beginKeyed(level: number, array: number, rules: RulesAt): boolean {
    const key = rules.keyedBy![0]!;
    const element = rules.into(0);
    const ofKey = element.into(key);
    // What is found by a key is only known to have that key where it is compared.
    if (element.ignored || ofKey.ignored || ofKey.senses !== undefined) return false;
    while (this.#keyed.length <= level) this.#keyed.push(new KeyedNodes(this.#tape));
    return this.#keyed[level]!.begin(array, key);
  }

  #beginUnshaped(level: number, object: number): void {
    while (this.#unshaped.length <= level) this.#unshaped.push(new FoundMembers(this.#tape));
    this.#unshaped[level]!.begin(object);
  }

  #nameOf(key: number): string {
    const shape = this.#tape.nodes[key + WHAT]! >> SHAPE_BITS;
    return shape === ODD ? this.#tape.text(key) : this.shapes.name(shape);
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
    for (const key of keys) if (!rules.into(this.#nameOf(key)).ignored) return false;
    return true;
  }

  #writtenOtherwise(node: number, kind: number, at: number): number {
    const end = this.#other.readValue(this.#bytes, at);
    if (end < 0) return -1;
    const other = this.#other.nodes[WHAT]! & KIND;
    const [ours, theirs] = [this.#tape.text(node), this.#other.text(0)];
    if (kind === NUMBER && other === NUMBER) {
      return new JsonNumber(ours).canonical === new JsonNumber(theirs).canonical ? end : -1;
    }
    const areStrings = (kind === STRING || kind === ESCAPED) && (other === STRING || other === ESCAPED);
    return areStrings && ours === theirs ? end : -1;
  }
}

function isSameText(ours: Buffer, from: number, theirs: Buffer, at: number, size: number): boolean {
  return at + size <= theirs.length && ours.compare(theirs, at, at + size, from, from + size) === 0;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === 0x0a || code === 0x0d || code === 0x09;
}
