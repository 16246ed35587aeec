import { parsePath, type PatternStep } from './rule-path.ts';

/** A value that the two sides have at different places: below the same elements of lists, under other names. */
export interface RuleMove {
  /** Where both are the same. */
  readonly above: readonly PatternStep[];
  /** Names from there to legacy's place, and to the candidate's; none is empty. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** A sentence without a full stop: why one place cannot be mapped to the other. */
export function moveOf(from: string, to: string): RuleMove | string {
  const [ours, theirs] = [parsePath(from), parsePath(to)];
  const common = lengthOfCommon(ours, theirs);
  const [left, right] = [ours.slice(common), theirs.slice(common)];
  if (left.length === 0 && right.length === 0) return 'both are the same place';
  const names = [namesOf(left), namesOf(right)] as const;
  if (names[0] === undefined || names[1] === undefined) {
    return 'up to its last [*] or position a path must be the same on both sides; map the list by a rule of its own';
  }
  if (names[0].length === 0 || names[1].length === 0) return 'one place cannot hold the other';
  return { above: ours.slice(0, common), from: names[0], to: names[1] };
}

function lengthOfCommon(a: readonly PatternStep[], b: readonly PatternStep[]): number {
  let length = 0;
  while (length < a.length && length < b.length && JSON.stringify(a[length]) === JSON.stringify(b[length])) length += 1;
  return length;
}

function namesOf(steps: readonly PatternStep[]): readonly string[] | undefined {
  const names = steps.flatMap((step) => (step.kind === 'key' ? [step.key] : []));
  return names.length === steps.length ? names : undefined;
}
