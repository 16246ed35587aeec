import type { CompareRule } from '../src/config/rule-list.ts';
import { moveOf } from '../src/config/rule-move.ts';
import { parsePath, type PatternStep } from '../src/config/rule-path.ts';

/** A rule and the place it is for. */
export type PlacedRule = CompareRule & { readonly steps: readonly PatternStep[] };

/**
 * The rules, each once more at the candidate's place where it was written for legacy's of a value that a `map` rule moves.
 * What makes a whole personal or critical is so for each part that is moved out of it. Throws a SyntaxError.
 */
export function alsoWhereMoved(rules: readonly CompareRule[]): PlacedRule[] {
  const placed = rules.map((rule): PlacedRule => ({ ...rule, steps: parsePath(rule.path) }));
  for (const { kind, path, ...rule } of rules) {
    if (kind !== 'map' || !('to' in rule)) continue;
    const move = moveOf(path, rule.to);
    if (typeof move === 'string') throw new SyntaxError(`${path} cannot be mapped to ${rule.to}: ${move}`);
    const [from, to] = [parsePath(path), parsePath(rule.to)];
    // With what the rules before this one have added: a value may be moved out of one that was moved.
    for (const known of placed.slice()) {
      const steps = stepsAfter(known, from, to);
      if (steps !== undefined && known.kind !== 'map') placed.push({ ...known, steps });
    }
  }
  return placed;
}

function stepsAfter(
  { kind, steps }: PlacedRule,
  from: readonly PatternStep[],
  to: readonly PatternStep[],
): readonly PatternStep[] | undefined {
  if (!steps.slice(0, from.length).every((step, index) => meets(step, from[index]!))) return undefined;
  if (steps.length >= from.length) return [...to, ...steps.slice(from.length)];
  return kind === 'critical' || kind === 'redact' ? to : undefined;
}

function meets(a: PatternStep, b: PatternStep): boolean {
  if (a.kind === 'any' || b.kind === 'any') return true;
  if (a.kind === 'key') return b.kind === 'key' && a.key === b.key;
  return b.kind === 'index' && a.index === b.index;
}
