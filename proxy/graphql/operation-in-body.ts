import type { GraphqlRefusal } from './graphql-refusal.ts';
import { jsonMembers } from './json-members.ts';
import { operationInDocument, type FoundOperation } from './operation-in-document.ts';

// Nothing here does I/O.

/** All that a request of GraphQL over HTTP has. A server may take anything else, or other cases, for one of these. */
const known: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** Reads a body of type application/json. Never throws. */
export function operationInBody(body: Uint8Array): FoundOperation {
  let text: string;
  try {
    // A byte order mark is kept, and is no JSON: some readers skip it, others refuse it.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return refused('graphql-invalid');
  }
  const read = jsonMembers(text);
  if (read.kind === 'array') return refused('graphql-batch');
  if (read.kind === 'repeated') return refused('graphql-ambiguous');
  if (read.kind === 'none') return refused('graphql-invalid');
  const { members } = read;
  const document = members.get('query') ?? undefined;
  // With both a hash and a document some servers execute the one, some the other.
  if (document === undefined || namesHash(members.get('extensions'))) return refused(withoutDocument(members));
  if (typeof document !== 'string') return refused('graphql-invalid');
  // There are servers that read a text there as JSON, and find a hash or variables in it.
  if (!isObjectOrNone(members.get('variables')) || !isObjectOrNone(members.get('extensions'))) {
    return refused('graphql-ambiguous');
  }
  if ([...members.keys()].some((name) => !known.has(name))) return refused('graphql-ambiguous');
  const name = members.get('operationName') ?? undefined;
  // An empty name is none to some servers, and one that is not found to others.
  if (name === '' || (name !== undefined && typeof name !== 'string')) return refused('graphql-ambiguous');
  return operationInDocument(document, name);
}

function isObjectOrNone(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value));
}

/** In any case: there are JSON libraries that do not mind. */
function namesHash(extensions: unknown): boolean {
  if (typeof extensions !== 'object' || extensions === null) return false;
  return Object.keys(extensions).some((name) => name.toLowerCase() === 'persistedquery');
}

/** Without anything that could stand for the document there is nothing that a server could execute. */
function withoutDocument(members: ReadonlyMap<string, unknown>): GraphqlRefusal {
  const isNamed = [...members.keys()].some((name) => !known.has(name)) || namesHash(members.get('extensions'));
  return isNamed ? 'graphql-persisted' : 'graphql-invalid';
}

function refused(reason: GraphqlRefusal): FoundOperation {
  return { kind: 'refused', reason };
}
