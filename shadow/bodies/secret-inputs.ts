import type { Redactor } from '../redact.ts';
import { isList, type BodyTree } from './body-tree.ts';

/** Where pages hold what lets somebody in: `<input name="csrf_token" value="...">`, `<meta name="csrf-token" content="...">`. */
const valueKeys = ['@value', '@content'];
const nameKeys = ['@name', '@id'];

/**
 * A page with the values of such elements as keyed hashes. Equal ones stay equal, so the page is compared as before; no rule
 * has to name them. Calls itself no deeper than pages are read.
 */
export function withoutSecretInputs(tree: BodyTree, redactor: Pick<Redactor, 'hash' | 'isSecretField'>): BodyTree {
  if (typeof tree === 'string') return tree;
  if (isList(tree)) return tree.map((below) => withoutSecretInputs(below, redactor));
  const isSecret = isPassword(tree) || nameKeys.some((key) => isSecretName(tree.get(key), redactor));
  return new Map(
    [...tree].map(([key, below]): [string, BodyTree] => [
      key,
      isSecret && typeof below === 'string' && below !== '' && valueKeys.includes(key)
        ? redactor.hash(below)
        : withoutSecretInputs(below, redactor),
    ]),
  );
}

function isPassword(element: ReadonlyMap<string, BodyTree>): boolean {
  const type = element.get('@type');
  return typeof type === 'string' && type.toLowerCase() === 'password';
}

function isSecretName(name: BodyTree | undefined, { isSecretField }: Pick<Redactor, 'isSecretField'>): boolean {
  return typeof name === 'string' && isSecretField(name);
}
