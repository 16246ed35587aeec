import { OperationTypeNode, type OperationDefinitionNode } from 'graphql/language/ast.js';
import { Kind } from 'graphql/language/kinds.js';
import { Lexer } from 'graphql/language/lexer.js';
import { parse } from 'graphql/language/parser.js';
import { Source } from 'graphql/language/source.js';
import { TokenKind } from 'graphql/language/tokenKind.js';
import type { GraphqlRefusal } from './graphql-refusal.ts';

// Nothing here does I/O.

export type FoundOperation =
  /** `name` is undefined for a query without one. */
  | { readonly kind: 'query'; readonly name: string | undefined }
  | { readonly kind: 'refused'; readonly reason: GraphqlRefusal };

/** Far above what people and code generators write, and a few milliseconds at most. */
const MAX_CHARACTERS = 64 * 1024;
const MAX_TOKENS = 5_000;
/** The parser calls itself for every level. */
const MAX_DEPTH = 200;

/**
 * What ends a line to some readers and not to others, hides from view, or is no character: a comment or a string that holds
 * one could end elsewhere for another reader.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const doubtful = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]|\r(?!\n)|\p{Surrogate}/u;

const openers: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closers: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * The operation that a server would execute: the one that is asked for by name, or the only one. Refused unless it is a query
 * and every server would take the same one. Never throws.
 */
export function operationInDocument(document: string, wanted: string | undefined): FoundOperation {
  if (document.length > MAX_CHARACTERS) return refused('graphql-too-complex');
  if (doubtful.test(document)) return refused('graphql-ambiguous');
  let operations: readonly OperationDefinitionNode[] | undefined;
  try {
    const refusal = refusalOfTokens(document);
    if (refusal !== undefined) return refused(refusal);
    operations = operationsIn(document);
  } catch {
    return refused('graphql-invalid');
  }
  if (operations === undefined || operations.length === 0) return refused('graphql-invalid');
  const names = operations.map(({ name }) => name?.value);
  // Servers must refuse both, but not all do: one takes the first, another the last.
  if (new Set(names).size < names.length) return refused('graphql-ambiguous');
  if (names.length > 1 && (names.includes(undefined) || wanted === undefined)) return refused('graphql-ambiguous');
  const operation = operations[wanted === undefined ? 0 : names.indexOf(wanted)];
  if (operation === undefined) return refused('graphql-invalid');
  return operation.operation === OperationTypeNode.QUERY
    ? { kind: 'query', name: operation.name?.value }
    : refused('graphql-not-a-query');
}

/** What is too much for the parser, or ends elsewhere for others. Throws a GraphQLError for what cannot be read. */
function refusalOfTokens(document: string): GraphqlRefusal | undefined {
  const lexer = new Lexer(new Source(document));
  let depth = 0;
  let tokens = 0;
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    tokens += 1;
    if (openers.has(token.kind)) depth += 1;
    else if (closers.has(token.kind)) depth -= 1;
    // Servers from before 2018 know no blocks, and take three quotes for an empty text and the beginning of another one.
    else if (token.kind === TokenKind.BLOCK_STRING && token.value.includes('"')) return 'graphql-ambiguous';
    if (tokens > MAX_TOKENS || depth > MAX_DEPTH) return 'graphql-too-complex';
  }
  return undefined;
}

/** Undefined when there is anything in it that is not executed. Throws a GraphQLError for what cannot be read. */
function operationsIn(document: string): readonly OperationDefinitionNode[] | undefined {
  const operations: OperationDefinitionNode[] = [];
  for (const definition of parse(document, { noLocation: true, maxTokens: MAX_TOKENS }).definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    else if (definition.kind !== Kind.FRAGMENT_DEFINITION) return undefined;
  }
  return operations;
}

function refused(reason: GraphqlRefusal): FoundOperation {
  return { kind: 'refused', reason };
}
