import { parsePath, type PatternStep } from '../../src/config/rule-path.ts';

/**
 * Whether one path names the place, something below it, or something above it. True as well where one of them was shortened,
 * so that it cannot be known. No I/O.
 */
export function isTouchedBy(path: string, place: string): boolean {
  const [pattern, steps] = [stepsOf(path), stepsOf(place)];
  if (pattern === undefined || steps === undefined) return true;
  return pattern.slice(0, steps.length).every((step, index) => isMet(step, steps[index]!));
}

/** Whether a path names the place itself or something below it; true as well where that cannot be known. */
export function isAtOrBelow(path: string, place: string): boolean {
  const [pattern, steps] = [stepsOf(path), stepsOf(place)];
  if (pattern === undefined || steps === undefined) return true;
  return pattern.length >= steps.length && isTouchedBy(path, place);
}

function stepsOf(path: string): readonly PatternStep[] | undefined {
  try {
    return parsePath(path);
  } catch {
    return undefined;
  }
}

function isMet(pattern: PatternStep, step: PatternStep): boolean {
  if (pattern.kind === 'any' || step.kind === 'any') return true;
  if (pattern.kind === 'key') return step.kind === 'key' && pattern.key === step.key;
  return step.kind === 'index' && pattern.index === step.index;
}
