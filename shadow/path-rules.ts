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

/** What the rules say about one place in a body; `into` leads to the places below it. Immutable. */
export class RulesAt {
  readonly #nodes: readonly RuleNode[];
  /** The value is not compared. */
  readonly ignored: boolean;
  /** A difference here, or one that covers a critical place below, is critical. */
  readonly critical: boolean;
  /** The value is personal. */
  readonly redacted: boolean;
  readonly tolerance: number | undefined;
  readonly keyedBy: string | undefined;
  readonly #criticalAbove: boolean;

  constructor(nodes: readonly RuleNode[], criticalAbove: boolean, redactedAbove: boolean) {
    this.#nodes = nodes;
    this.#criticalAbove = criticalAbove || nodes.some((node) => node.critical);
    this.ignored = nodes.some((node) => node.ignore);
    this.critical = this.#criticalAbove || nodes.some((node) => node.holdsCritical);
    this.redacted = redactedAbove || nodes.some((node) => node.redact);
    const tolerances = nodes.flatMap((node) => node.tolerance ?? []);
    this.tolerance = tolerances.length > 0 ? Math.max(...tolerances) : undefined;
    this.keyedBy = nodes.find((node) => node.keyedBy !== undefined)?.keyedBy;
  }

  into(step: PlaceStep): RulesAt {
    const nodes = this.#nodes.flatMap((node) => [...node.matching(step)]);
    if (nodes.length > 0) return new RulesAt(nodes, this.#criticalAbove, this.redacted);
    if (this.#criticalAbove) return this.redacted ? criticalAndRedacted : onlyCritical;
    return this.redacted ? onlyRedacted : noRules;
  }

  /** The rules at an exact place, when called at the root. */
  at(place: readonly PlaceStep[]): RulesAt {
    return place.reduce<RulesAt>((rules, step) => rules.into(step), this);
  }
}

const noRules = new RulesAt([], false, false);
const onlyCritical = new RulesAt([], true, false);
const onlyRedacted = new RulesAt([], false, true);
const criticalAndRedacted = new RulesAt([], true, true);

export type PathRules = Pick<NormalizedCompareRules, 'ignore' | 'keyed' | 'tolerance' | 'critical' | 'redact'>;

/** The rules at the root of a body. Throws a SyntaxError on a path that cannot be read. */
export function compilePathRules(rules: PathRules): RulesAt {
  const root = new RuleNode();
  for (const path of rules.ignore) nodeAt(root, path).ignore = true;
  for (const path of rules.redact) nodeAt(root, path).redact = true;
  for (const [path, key] of Object.entries(rules.keyed)) nodeAt(root, path).keyedBy = key;
  for (const [path, tolerance] of Object.entries(rules.tolerance)) nodeAt(root, path).tolerance = tolerance;
  for (const path of rules.critical) {
    for (const node of nodesTo(root, path)) node.holdsCritical = true;
    nodeAt(root, path).critical = true;
  }
  return new RulesAt([root], false, false);
}

function nodeAt(root: RuleNode, path: string): RuleNode {
  return nodesTo(root, path).at(-1)!;
}

function nodesTo(root: RuleNode, path: string): RuleNode[] {
  const nodes = [root];
  for (const step of parsePath(path)) nodes.push(nodes.at(-1)!.descend(step));
  return nodes;
}
