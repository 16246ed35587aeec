import type { CompareRule } from '../src/config/rule-list.ts';
import type { PatternStep } from '../src/config/rule-path.ts';
import type { PlaceStep } from './json-path.ts';
import { isInexact, valueSense, type ValueRule, type ValueSense } from './json/value-sense.ts';
import { alsoWhereMoved } from './moved-rules.ts';

interface PairingRule {
  readonly id: string;
  readonly by: readonly string[];
}

/** Rules of one path, and the way on to the rules below it. */
class RuleNode {
  readonly keys = new Map<string, RuleNode>();
  readonly indexes = new Map<number, RuleNode>();
  any: RuleNode | undefined;
  ignore: CompareRule | undefined;
  critical = false;
  redact = false;
  readonly values: ValueRule[] = [];
  /** By no key at all: as a multiset. */
  pairing: PairingRule | undefined;
  /** Some path at or below this one is critical. */
  holdsCritical = false;
  /** Some path at or below this one has a tolerance. */
  holdsTolerance = false;
  /** Some path at or below this one is personal. */
  holdsRedact = false;
  /** Some rule at or below this one may hide a difference. */
  holdsHiding = false;

  descend(step: PatternStep): RuleNode {
    if (step.kind === 'any') return (this.any ??= new RuleNode());
    if (step.kind === 'key') return ensure(this.keys, step.key);
    return ensure(this.indexes, step.index);
  }

  *matching(step: PlaceStep): Generator<RuleNode> {
    const exact = typeof step === 'number' ? this.indexes.get(step) : this.keys.get(step);
    if (exact) yield exact;
    if (this.any) yield this.any;
  }
}

function ensure<K>(map: Map<K, RuleNode>, key: K): RuleNode {
  let node = map.get(key);
  if (!node) map.set(key, (node = new RuleNode()));
  return node;
}

/**
 * What the rules say about one place in a body; `into` leads to the places below it. Immutable, and the same object for
 * all places that no rule tells apart, so that what is known under some rules can be kept by them.
 */
export class RulesAt {
  readonly #nodes: readonly RuleNode[];
  /** Keys and positions that some rule names; what is below all others is the same. */
  readonly #named: ReadonlySet<PlaceStep>;
  readonly #below = new Map<PlaceStep, RulesAt>();
  #belowOthers: RulesAt | undefined;
  #keyedElement: RulesAt | undefined;
  /** The value is not compared. */
  readonly ignored: boolean;
  /** A difference here, or one that covers a critical place below, is critical. */
  readonly critical: boolean;
  /** The value is personal. */
  readonly redacted: boolean;
  /** How two values that stand here are compared; undefined: strictly. */
  readonly senses: ValueSense | undefined;
  /** The names that are the key of the elements of an array; none: they are a multiset. Undefined: their order counts. */
  readonly keyedBy: readonly string[] | undefined;
  /** A position of the array that stands here has a rule of its own, which no element can leave behind by moving. */
  readonly namesPositions: boolean;
  /** Here or below a value may differ within a tolerance. */
  readonly holdsTolerance: boolean;
  /** Here or below some rule may hide a difference. */
  readonly holdsHiding: boolean;
  /** No rule is about this place, or one below it. */
  readonly saysNothing: boolean;
  readonly #criticalAbove: boolean;

  constructor(nodes: readonly RuleNode[], criticalAbove: boolean, redactedAbove: boolean) {
    this.#nodes = nodes;
    this.saysNothing = nodes.length === 0;
    this.#criticalAbove = criticalAbove || nodes.some((node) => node.critical);
    this.ignored = nodes.some((node) => node.ignore !== undefined);
    this.critical = this.#criticalAbove || nodes.some((node) => node.holdsCritical);
    this.redacted = redactedAbove || nodes.some((node) => node.redact);
    this.senses = valueSense(this.valueRules);
    this.keyedBy = nodes.find((node) => node.pairing !== undefined)?.pairing?.by;
    this.namesPositions = this.keyedBy === undefined && nodes.some((node) => node.indexes.size > 0);
    this.holdsTolerance = nodes.some((node) => node.holdsTolerance);
    this.holdsHiding = nodes.some((node) => node.holdsHiding);
    this.#named = new Set(nodes.flatMap((node) => [...node.keys.keys(), ...node.indexes.keys()]));
  }

  /** The tolerances and formats of this place. */
  get valueRules(): readonly ValueRule[] {
    return this.#nodes.flatMap((node) => node.values);
  }

  /** Names of the rules for which the value is not compared, or the order of elements is not. */
  get ignoredBy(): readonly string[] {
    return this.#nodes.flatMap((node) => node.ignore?.id ?? []);
  }

  get pairedBy(): readonly string[] {
    return this.#nodes.flatMap((node) => node.pairing?.id ?? []);
  }

  into(step: PlaceStep): RulesAt {
    if (this.#nodes.length === 0) return this;
    if (this.keyedBy !== undefined && typeof step === 'number') return (this.#keyedElement ??= this.#ofKeyedElements());
    if (!this.#named.has(step)) return (this.#belowOthers ??= this.#matching(step));
    let below = this.#below.get(step);
    if (below === undefined) this.#below.set(step, (below = this.#matching(step)));
    return below;
  }

  #matching(step: PlaceStep): RulesAt {
    const nodes = this.#nodes.flatMap((node) => [...node.matching(step)]);
    return rulesOf(nodes, this.#criticalAbove, this.redacted);
  }

  /**
   * Where order means nothing a position cannot be ignored and has no tolerance. What is personal or critical at one
   * position is so at all of them: no element may be shown, or pass, for having moved.
   */
  #ofKeyedElements(): RulesAt {
    const nodes = this.#nodes.flatMap((node) => node.any ?? []);
    const indexed = this.#nodes.flatMap((node) => [...node.indexes.values()]);
    const isCritical = this.#criticalAbove || indexed.some((node) => node.holdsCritical);
    return rulesOf(nodes, isCritical, this.redacted || indexed.some((node) => node.holdsRedact));
  }

  /** The rules at an exact place, when called at the root. */
  at(place: readonly PlaceStep[]): RulesAt {
    return place.reduce<RulesAt>((rules, step) => rules.into(step), this);
  }
}

function rulesOf(nodes: readonly RuleNode[], isCritical: boolean, isRedacted: boolean): RulesAt {
  if (nodes.length > 0) return new RulesAt(nodes, isCritical, isRedacted);
  if (isCritical) return isRedacted ? criticalAndRedacted : onlyCritical;
  return isRedacted ? onlyRedacted : noRules;
}

/** Where no rule says anything. */
export const noRules = new RulesAt([], false, false);
const onlyCritical = new RulesAt([], true, false);
const onlyRedacted = new RulesAt([], false, true);
const criticalAndRedacted = new RulesAt([], true, true);

/** The rules at the root of a body. Throws a SyntaxError on a path that cannot be read. */
export function compilePathRules(rules: readonly CompareRule[]): RulesAt {
  if (rules.length === 0) return noRules;
  const root = new RuleNode();
  for (const rule of alsoWhereMoved(rules)) {
    const nodes = nodesTo(root, rule.steps);
    addRule(nodes.at(-1)!, rule);
    for (const node of nodes) {
      node.holdsCritical ||= rule.kind === 'critical';
      node.holdsRedact ||= rule.kind === 'redact';
      node.holdsTolerance ||= rule.kind === 'tolerance' && isInexact(rule.tolerance);
      node.holdsHiding ||= hidingKinds.has(rule.kind);
    }
  }
  return new RulesAt([root], false, false);
}

const hidingKinds: ReadonlySet<CompareRule['kind']> = new Set(['ignore', 'keyed', 'unordered', 'tolerance', 'format']);

function addRule(node: RuleNode, rule: CompareRule): void {
  if (rule.kind === 'ignore') node.ignore = rule;
  else if (rule.kind === 'critical') node.critical = true;
  else if (rule.kind === 'redact') node.redact = true;
  else if (rule.kind === 'tolerance') node.values.push({ id: rule.id, ...rule.tolerance });
  else if (rule.kind === 'format') node.values.push({ id: rule.id, format: rule.as });
  else if (rule.kind === 'keyed') node.pairing = { id: rule.id, by: rule.by };
  else if (rule.kind === 'unordered') node.pairing = { id: rule.id, by: [] };
}

function nodesTo(root: RuleNode, steps: readonly PatternStep[]): RuleNode[] {
  const nodes = [root];
  for (const step of steps) nodes.push(nodes.at(-1)!.descend(step));
  return nodes;
}
