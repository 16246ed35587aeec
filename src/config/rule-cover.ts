import type { PatternStep } from './rule-path.ts';

// Nothing here does I/O.

/** Whether every place of the inner path is a place of the outer one, or stands below one. */
export function coversAll(outer: readonly PatternStep[], inner: readonly PatternStep[]): boolean {
  return outer.length <= inner.length && outer.every((step, index) => admits(step, inner[index]!));
}

/**
 * Whether two paths may name the same place while neither is the narrower one: `$.*.tags` and `$.rows.*`. Of a narrower one
 * it is clear that it holds.
 */
export function crosses(one: readonly PatternStep[], other: readonly PatternStep[]): boolean {
  if (one.length !== other.length || coversAll(one, other) || coversAll(other, one)) return false;
  return one.every((step, index) => admits(step, other[index]!) || admits(other[index]!, step));
}

function admits(pattern: PatternStep, step: PatternStep): boolean {
  if (pattern.kind === 'any') return true;
  if (pattern.kind === 'key') return step.kind === 'key' && pattern.key === step.key;
  return step.kind === 'index' && pattern.index === step.index;
}
