import { leftOut, type FactValue } from '../../src/kernel/facts.ts';
import { patternOf, type PlaceStep } from '../json-path.ts';
import { isArray, isContainer, isObject, type JsonArray, type JsonObject, type JsonValue } from '../json/json-value.ts';
import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';
import { isOfPeople, scalarFact } from './fact-value.ts';

/** A body as it was compared, and the rules that say what in it is personal. */
export interface RuledBody {
  readonly value: JsonValue;
  readonly rules: RulesAt;
}

/** Which element of an array facts are taken of; undefined: none. Told where the array stands, and how long it is. */
export type PickElement = (array: readonly PlaceStep[], length: number) => number | undefined;

/** Objects inside of objects that are looked into, counted anew in each element. */
const MAX_DEPTH = 2;
/** Of the members of an object; what has more is a table of its own. */
const MAX_MEMBERS = 60;
const MAX_FACTS = 120;
/** Arrays inside of elements of arrays. */
const MAX_ARRAYS = 6;

/** Adds the scalars of a body and the lengths of its arrays to `facts`, and the same of the element that `pick` names in each. */
export function addBodyFacts(
  facts: Map<string, FactValue>,
  { value, rules }: RuledBody,
  pick: PickElement,
  redactor: Redactor,
): void {
  new Walk(facts, pick, redactor, rules.redacted).enter(value, rules, [], 0);
}

class Walk {
  readonly #facts: Map<string, FactValue>;
  readonly #pick: PickElement;
  readonly #redactor: Redactor;
  readonly #limit: number;
  readonly #isAllPersonal: boolean;
  #arrays = 0;

  constructor(facts: Map<string, FactValue>, pick: PickElement, redactor: Redactor, isAllPersonal: boolean) {
    this.#isAllPersonal = isAllPersonal;
    this.#facts = facts;
    this.#pick = pick;
    this.#redactor = redactor;
    this.#limit = facts.size + MAX_FACTS;
  }

  /** Depths are bounded, so this recurses no deeper than a few calls, whatever the body is. */
  enter(value: JsonValue, rules: RulesAt, place: readonly PlaceStep[], depth: number): void {
    if (rules.ignored) return;
    if (isArray(value)) this.#array(value, rules, place);
    else if (isObject(value)) this.#object(value, rules, place, depth);
    else if (!isContainer(value)) {
      const name = place.findLast((step) => typeof step === 'string');
      const isPersonal = rules.redacted || (name !== undefined && this.#isPersonalName(name));
      this.#add(this.#nameOf(place), () => scalarFact(value, isPersonal, this.#redactor));
    }
  }

  #object(object: JsonObject, rules: RulesAt, place: readonly PlaceStep[], depth: number): void {
    // Keys of what is personal as a whole may be personal as well; of a whole body they are its structure.
    if (rules.redacted && !this.#isAllPersonal) return;
    if (depth > MAX_DEPTH || object.size > MAX_MEMBERS) {
      this.#leaveOut();
      return;
    }
    // What stands nearer first, so that a limit takes away what is further below.
    const entries = [...object].toSorted(([, a], [, b]) => Number(isContainer(a)) - Number(isContainer(b)));
    for (const [key, entry] of entries) this.enter(entry, rules.into(key), [...place, key], depth + 1);
  }

  #array(array: JsonArray, rules: RulesAt, place: readonly PlaceStep[]): void {
    this.#add(`${this.#nameOf(place)} length`, () => array.length);
    const index = this.#pick(place, array.length);
    const element = index === undefined ? undefined : array[index];
    if (index === undefined || element === undefined) return;
    this.#arrays += 1;
    if (this.#arrays > MAX_ARRAYS) this.#leaveOut();
    else this.enter(element, rules.into(index), [...place, index], 0);
  }

  #add(name: string, value: () => FactValue): void {
    if (this.#facts.has(name)) return;
    if (this.#facts.size >= this.#limit) this.#leaveOut();
    else this.#facts.set(name, value());
  }

  #leaveOut(): void {
    this.#facts.set(leftOut, true);
  }

  #nameOf(place: readonly PlaceStep[]): string {
    return patternOf(place, this.#redactor.isPersonal);
  }

  #isPersonalName(name: string): boolean {
    return this.#redactor.isPersonalName(name) || this.#redactor.isSecretField(name) || isOfPeople(name);
  }
}
