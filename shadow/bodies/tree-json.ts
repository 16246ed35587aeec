import type { JsonValue } from '../json/json-value.ts';
import type { RulesAt } from '../path-rules.ts';
import { isList, type BodyTree } from './body-tree.ts';
import { orderKey } from './element-tree.ts';

/**
 * A tree as the values that are compared. Of trees of elements the order of children becomes one text, without the
 * children that the rules ignore: who ignores an advertisement does not care where it stood.
 */
export function treeToJson(tree: BodyTree, rules: RulesAt, isOfElements: boolean): JsonValue {
  if (typeof tree === 'string') return tree;
  if (isList(tree)) return tree.map((below, index) => treeToJson(below, rules.into(index), isOfElements));
  const object = new Map<string, JsonValue>();
  for (const [key, below] of tree) {
    if (!isOfElements || key !== orderKey || !isList(below)) {
      object.set(key, treeToJson(below, rules.into(key), isOfElements));
      continue;
    }
    const order = orderText(below, rules);
    if (order !== undefined) object.set(key, order);
  }
  return object;
}

/** `h2 p×2 h2 p`; undefined where what is compared has one name at most, and so one order. */
function orderText(names: readonly BodyTree[], rules: RulesAt): string | undefined {
  const counts = new Map<string, number>();
  const compared: string[] = [];
  for (const name of names) {
    if (typeof name !== 'string') continue;
    const index = counts.get(name) ?? 0;
    counts.set(name, index + 1);
    const list = rules.into(name);
    if (!list.ignored && !list.into(index).ignored) compared.push(name);
  }
  return new Set(compared).size > 1 ? runs(compared) : undefined;
}

function runs(names: readonly string[]): string {
  const parts: string[] = [];
  for (let start = 0; start < names.length;) {
    let end = start + 1;
    while (end < names.length && names[end] === names[start]) end += 1;
    parts.push(end - start > 1 ? `${names[start]!}×${end - start}` : names[start]!);
    start = end;
  }
  return parts.join(' ');
}
