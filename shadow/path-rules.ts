import type { NormalizedCompareRules } from '../src/config/normalized-config.ts';
import { parsePath, type PatternStep, type PlaceStep } from './json-path.ts';

/** Rules of one path, and the way on to the rules below it. */
class RuleNode {
  readonly keys = new Map<string, RuleNode>();
  readonly indexes = new Map<number, RuleNode>();
  any: RuleNode | undefined;
  ignore = false;
  critical = false;
  redact = false;
  tolerance: number | undefined;
  keyedBy: string | undefined;
  /** Some path at or below this one is critical. */
  holdsCritical = false;
  /** Some path at or below this one has a tolerance. */
  holdsTolerance = false;
  /** Some path at or below this one is personal. */
  holdsRedact = false;

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
  readonly tolerance: number | undefined;
  readonly keyedBy: string | undefined;
  /** A position of the array that stands here has a rule of its own, which no element can leave behind by moving. */
  readonly namesPositions: boolean;
  /** Here or below a value may differ within a tolerance. */
  readonly holdsTolerance: boolean;
  /** No rule is about a place below this one, or about this one alone. */
  readonly saysNothing: boolean;
  readonly #criticalAbove: boolean;

  constructor(nodes: readonly RuleNode[], criticalAbove: boolean, redactedAbove: boolean) {
    this.#nodes = nodes;
    this.saysNothing = nodes.length === 0;
    this.#criticalAbove = criticalAbove || nodes.some((node) => node.critical);
    this.ignored = nodes.some((node) => node.ignore);
    this.critical = this.#criticalAbove || nodes.some((node) => node.holdsCritical);
    this.redacted = redactedAbove || nodes.some((node) => node.redact);
    const tolerances = nodes.flatMap((node) => node.tolerance ?? []);
    this.tolerance = tolerances.length > 0 ? Math.max(...tolerances) : undefined;
    this.keyedBy = nodes.find((node) => node.keyedBy !== undefined)?.keyedBy;
    this.namesPositions = this.keyedBy === undefined && nodes.some((node) => node.indexes.size > 0);
    this.holdsTolerance = nodes.some((node) => node.holdsTolerance);
    this.#named = new Set(nodes.flatMap((node) => [...node.keys.keys(), ...node.indexes.keys()]));
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

export type PathRules = Pick<NormalizedCompareRules, 'ignore' | 'keyed' | 'tolerance' | 'critical' | 'redact'>;

/** The rules at the root of a body. Throws a SyntaxError on a path that cannot be read. */
export function compilePathRules(rules: PathRules): RulesAt {
  const root = new RuleNode();
  for (const path of rules.ignore) nodeAt(root, path).ignore = true;
  for (const path of rules.redact) {
    for (const node of nodesTo(root, path)) node.holdsRedact = true;
    nodeAt(root, path).redact = true;
  }
  for (const [path, key] of Object.entries(rules.keyed)) nodeAt(root, path).keyedBy = key;
  for (const [path, tolerance] of Object.entries(rules.tolerance)) {
    for (const node of nodesTo(root, path)) node.holdsTolerance = true;
    nodeAt(root, path).tolerance = tolerance;
  }
  for (const path of rules.critical) {
    for (const node of nodesTo(root, path)) node.holdsCritical = true;
    nodeAt(root, path).critical = true;
  }
  return isEmpty(root) ? noRules : new RulesAt([root], false, false);
}

function isEmpty({ keys, indexes, any, ...rules }: RuleNode): boolean {
  return keys.size + indexes.size === 0 && any === undefined && Object.values(rules).every((rule) => !rule);
}

function nodeAt(root: RuleNode, path: string): RuleNode {
  return nodesTo(root, path).at(-1)!;
}

function nodesTo(root: RuleNode, path: string): RuleNode[] {
  const nodes = [root];
  for (const step of parsePath(path)) nodes.push(nodes.at(-1)!.descend(step));
  return nodes;
}
