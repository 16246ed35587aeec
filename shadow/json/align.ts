import type { PlaceStep } from '../json-path.ts';
import type { RulesAt } from '../path-rules.ts';
import { alignArrays } from './align-arrays.ts';
import { elementSense } from './element-sense.ts';
import { isEqual } from './is-equal.ts';
import {
  isArray,
  isContainer,
  isObject,
  Repeated,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from './json-value.ts';
import { SubtreeIds } from './subtree-ids.ts';
import { isSameScalar } from './value-sense.ts';
import { OutOfBudget, WorkBudget } from './work-budget.ts';

/** A place below another; of paired elements legacy's position, or the candidate's where legacy has none. */
export interface Place {
  readonly above: Place | undefined;
  readonly step: PlaceStep;
  /** What it is a part of is personal as a whole. */
  readonly isPersonal: boolean;
}

/** Two values that differ at one place; one is undefined where a side has nothing. */
export interface Finding {
  /** Undefined: the whole body. */
  readonly place: Place | undefined;
  readonly rules: RulesAt;
  readonly legacy: JsonValue | undefined;
  readonly candidate: JsonValue | undefined;
  /** Both are what moved in arrays with the same elements in another order. */
  readonly isOrder: boolean;
}

export interface Alignment {
  /** In the order of legacy's text. Empty: the values are equal under the rules. */
  readonly findings: readonly Finding[];
  /** There were more than are listed. */
  readonly truncated: boolean;
}

/** Findings beyond this many are not listed, unless they are critical; and of those not more than twice as many. */
const MAX_LISTED = 1_000;
/** Steps that all searches for common subsequences of a comparison may take together. */
const MAX_STEPS = 4_000_000;

/** Values that may be looked at side by side before their numbers are asked for, which take longer to make. */
const MAX_GLANCES = 500_000;

/** Brings two values face to face under the rules and lists where they part. Throws `OutOfBudget`. */
export function align(legacy: JsonValue, candidate: JsonValue, rules: RulesAt, budget: WorkBudget): Alignment {
  const ids = new SubtreeIds(budget);
  if (isEqual(legacy, candidate, rules, budget, ids)) return { findings: [], truncated: false };
  return new Aligner(budget, ids).run({ place: undefined, legacy, candidate, rules });
}

type Task = Omit<Finding, 'isOrder'>;

class Aligner {
  readonly #budget: WorkBudget;
  readonly #ids: SubtreeIds;
  readonly #tasks: Task[] = [];
  readonly #findings: Finding[] = [];
  #truncated = false;
  /** Then its values are, and names in it are those of its structure. */
  #isAllPersonal = false;
  #stepsLeft = MAX_STEPS;
  #glances: WorkBudget | undefined = new WorkBudget(MAX_GLANCES);

  constructor(budget: WorkBudget, ids: SubtreeIds) {
    this.#budget = budget;
    this.#ids = ids;
  }

  run(whole: Task): Alignment {
    this.#isAllPersonal = whole.rules.redacted;
    this.#tasks.push(whole);
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      this.#budget.spend(1);
      if (task.rules.ignored) continue;
      // Only what may be critical is looked for once the list is full.
      if (this.#findings.length < MAX_LISTED || task.rules.critical) this.#meet(task);
      else this.#truncated ||= !this.#isSame(task);
    }
    return { findings: this.#findings, truncated: this.#truncated };
  }

  #meet(task: Task): void {
    const { legacy, candidate } = task;
    if (legacy === undefined || candidate === undefined) this.#list(task);
    else if (!isContainer(legacy) || !isContainer(candidate)) {
      const areScalars = !isContainer(legacy) && !isContainer(candidate);
      if (!areScalars || !isSameScalar(legacy, candidate, task.rules.senses)) this.#list(task);
    } else if (isObject(legacy) && isObject(candidate)) this.#members(task, legacy, candidate);
    else if (isArray(legacy) && isArray(candidate)) this.#elements(task, legacy, candidate);
    else if (!(legacy instanceof Repeated && candidate instanceof Repeated && this.#isSame(task))) this.#list(task);
  }

  #members(task: Task, legacy: JsonObject, candidate: JsonObject): void {
    const keys = [...legacy.keys()];
    for (const key of candidate.keys()) if (!legacy.has(key)) keys.push(key);
    for (const key of keys.toReversed()) this.#push(task, key, legacy.get(key), candidate.get(key));
  }

  #elements(task: Task, legacy: JsonArray, candidate: JsonArray): void {
    const { rules } = task;
    this.#budget.spend(legacy.length + candidate.length);
    const below = rules.into(0);
    const isSame = (budget: WorkBudget, left: number, right: number): boolean =>
      isEqual(legacy[left]!, candidate[right]!, below, budget, this.#ids);
    const sense = elementSense(legacy, candidate, below, this.#ids, (left, right) => isSame(this.#budget, left, right));
    const looksSame = (left: number, right: number): boolean =>
      this.#glance((budget) => isSame(budget, left, right)) ?? sense.isSame(left, right);
    const alignment = alignArrays(legacy, candidate, rules, sense, looksSame, (steps) => {
      this.#stepsLeft -= steps;
      return this.#stepsLeft >= 0;
    });
    if (alignment.kind === 'order') {
      this.#list({ ...task, legacy: alignment.legacy, candidate: alignment.candidate }, true);
      return;
    }
    for (const pair of alignment.pairs.toReversed()) {
      const ours = pair.legacy === undefined ? undefined : legacy[pair.legacy];
      const theirs = pair.candidate === undefined ? undefined : candidate[pair.candidate];
      this.#push(task, pair.legacy ?? pair.candidate ?? 0, ours, theirs);
    }
  }

  /** Undefined: there have been too many looks. In deep bodies they see the same things again and again. */
  #glance(look: (budget: WorkBudget) => boolean): boolean | undefined {
    if (this.#glances === undefined) return undefined;
    try {
      return look(this.#glances);
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error;
      this.#glances = undefined;
      return undefined;
    }
  }

  #isSame({ legacy, candidate, rules }: Task): boolean {
    if (legacy === undefined || candidate === undefined) return false;
    return isEqual(legacy, candidate, rules, this.#budget, this.#ids);
  }

  #push(
    { place, rules }: Task,
    step: PlaceStep,
    legacy: JsonValue | undefined,
    candidate: JsonValue | undefined,
  ): void {
    this.#tasks.push({
      place: { above: place, step, isPersonal: rules.redacted && !this.#isAllPersonal },
      rules: rules.into(step),
      legacy,
      candidate,
    });
  }

  #list(task: Task, isOrder = false): void {
    const most = task.rules.critical ? 2 * MAX_LISTED : MAX_LISTED;
    if (this.#findings.length < most) this.#findings.push({ ...task, isOrder });
    else this.#truncated = true;
  }
}
