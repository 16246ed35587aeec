import { OwnError } from './own-error.ts';
import { placeOf } from './place-of.ts';

// Nothing here does I/O. What is kept of a failure must say what went wrong and not whose data it went wrong with.

const HIDDEN = '[hidden]';
const NOT_KEPT = 'the text is not kept';
const MAX_LENGTH = 500;
/** What PostgreSQL puts in quotes behind these words is a name of the schema; anything else in quotes is a value. */
const namesBehind = /\b(constraint|relation|column|table|type|index|encoding|function|operator|schema|role|view)\s$/;
/** SQLSTATE classes that functions and procedures raise errors with, not the server: PL/pgSQL and external routines. */
const raised = /^(P0|38|39)/;
/** Source files of PostgreSQL's procedural languages: RAISE may give an error any SQLSTATE. */
const ofLanguage = /^(pl_|plpy|plperl|pltcl|plv8)/;

export interface Failure {
  /** SQLSTATE, or the name of the error. */
  readonly code: string;
  readonly message: string;
}

/** What drivers put into an error of PostgreSQL. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly file?: unknown;
  readonly where?: unknown;
  readonly constraint?: unknown;
  readonly column?: unknown;
}

/**
 * Code and message of a failure without the values in it. A text that somebody's own code has put together may hold values
 * anywhere, and one that does cannot be told from one that does not: of these only the place is kept. PostgreSQL's DETAIL,
 * which is made of values, is left out.
 */
export function describeFailure(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { code: 'Error', message: 'something that is no error was thrown' };
  if (isOfServer(thrown)) return describeServer(thrown);
  if (thrown instanceof OwnError) return { code: thrown.name, message: shortened(withoutValues(thrown.message)) };
  const { code }: Error & { code?: unknown } = thrown;
  const system = typeof code === 'string' && /^[A-Z][A-Z0-9]*_[A-Z0-9_]{1,60}$/.test(code) ? [code] : [];
  const name = /^[\w$.]{1,80}$/.test(thrown.name) ? thrown.name : 'Error';
  return { code: name, message: located([...system, ...atPlace(thrown)]) };
}

function isOfServer(error: Error): error is ServerError {
  const { code, severity }: Error & { code?: unknown; severity?: unknown } = error;
  return typeof severity === 'string' && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
}

function describeServer(thrown: ServerError): Failure {
  const { code, constraint, column, file } = thrown;
  if (raised.test(code) || (typeof file === 'string' && ofLanguage.test(file))) {
    return { code, message: located([...inFunction(thrown), ...atPlace(thrown)]) };
  }
  const places = [
    ...(typeof constraint === 'string' && !thrown.message.includes(constraint) ? [`constraint ${constraint}`] : []),
    ...(typeof column === 'string' && !thrown.message.includes(column) ? [`column ${column}`] : []),
  ];
  const place = places.length === 0 ? '' : ` (${places.join(', ')})`;
  return { code, message: shortened(withoutValues(withoutStatement(thrown.message))) + place };
}

function atPlace(error: Error): readonly string[] {
  const place = placeOf(error);
  return place === undefined ? [] : [`at ${place}`];
}

/** Only the first line of CONTEXT: the others may be statements with values in them. */
function inFunction({ where }: ServerError): readonly string[] {
  const found = typeof where === 'string' ? /^PL\/pgSQL function ([^\n]{1,200}?) line \d+/.exec(where) : null;
  return found ? [`in ${found[0]}`] : [];
}

/** `at orders.ts:12:5 (the text is not kept)` */
function located(places: readonly string[]): string {
  return shortened(places.length === 0 ? NOT_KEPT : `${places.join(' ')} (${NOT_KEPT})`);
}

/** The query builder puts the whole statement in front. */
function withoutStatement(message: string): string {
  const at = message.lastIndexOf(' - ');
  return at < 0 ? message : message.slice(at + 3);
}

function withoutValues(message: string): string {
  return withoutQuoted(message)
    .replaceAll(/[^\s@"'<>]+@[^\s@"'<>]+/g, HIDDEN)
    .replaceAll(/\d{4,}/g, HIDDEN);
}

/** From the first value on to the last quote, since quotes within a value look like those around it. */
function withoutQuoted(message: string): string {
  for (const { 0: quoted, index } of message.matchAll(/"[^"]*"|'[^']*'|`[^`]*`/g)) {
    if (namesBehind.test(message.slice(0, index))) continue;
    const end = Math.max(...['"', "'", '`'].map((quote) => message.lastIndexOf(quote)), index + quoted.length - 1);
    return message.slice(0, index) + HIDDEN + message.slice(end + 1);
  }
  return message;
}

function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}
