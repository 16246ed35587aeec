import { BeyondBounds, NodeBudget, type BodyTree } from './body-tree.ts';

/**
 * A body of application/x-www-form-urlencoded (URL standard, section 5.1): each name with the list of its values. Undefined
 * where a percent-encoding is not UTF-8: to replace what cannot be read would make different values the same.
 */
export function readForm(text: string): BodyTree | undefined {
  const tree = new Map<string, BodyTree[]>();
  const budget = new NodeBudget();
  try {
    for (const pair of text.split('&')) {
      if (pair === '') continue;
      budget.add(1);
      const equals = pair.indexOf('=');
      const name = decode(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
      const values = tree.get(name);
      if (values) values.push(value);
      else tree.set(name, [value]);
    }
  } catch (error) {
    if (error instanceof URIError || error instanceof BeyondBounds) return undefined;
    throw error;
  }
  return tree;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
