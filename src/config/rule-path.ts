/** One step of a rule's path. `any`: every key and every position. */
export type PatternStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any' };

const stepGrammar = /\.\*|\[\*\]|\.([\p{L}\p{N}_$-]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;

/** Reads `$`, `.name`, `['name']`, `[3]`, `[*]` and `.*`. Throws a SyntaxError that points at what it does not know. */
export function parsePath(path: string): readonly PatternStep[] {
  if (!path.startsWith('$')) throw new SyntaxError(`a path starts with $, not ${JSON.stringify(path)}`);
  const steps: PatternStep[] = [];
  stepGrammar.lastIndex = 1;
  while (stepGrammar.lastIndex < path.length) {
    const at = stepGrammar.lastIndex;
    const found = stepGrammar.exec(path);
    if (!found) throw new SyntaxError(`cannot read ${JSON.stringify(path.slice(at))} in the path ${path}`);
    const [, name, index, single, double] = found;
    const quoted = single ?? double;
    if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (name !== undefined) steps.push({ kind: 'key', key: name });
    else if (quoted !== undefined) steps.push({ kind: 'key', key: quoted.replaceAll(/\\(.)/gsu, '$1') });
    else steps.push({ kind: 'any' });
  }
  return steps;
}
