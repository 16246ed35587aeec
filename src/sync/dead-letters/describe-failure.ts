// Nothing here does I/O. What is kept of a failure must say what went wrong and not whose data it went wrong with.

const HIDDEN = '[hidden]';
const MAX_LENGTH = 500;
/** What PostgreSQL puts in quotes behind these words is a name of the schema; anything else in quotes is a value. */
const namesBehind = /\b(constraint|relation|column|table|type|index|encoding|function|operator|schema|role|view)\s$/;

export interface Failure {
  /** SQLSTATE, or the name of the error. */
  readonly code: string;
  readonly message: string;
}

/** Code and message of a failure without the values in it. PostgreSQL's DETAIL, which is made of values, is left out. */
export function describeFailure(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { code: 'Error', message: 'something that is no error was thrown' };
  const { code, constraint, column }: Error & { code?: unknown; constraint?: unknown; column?: unknown } = thrown;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) {
    const places = [
      ...(typeof constraint === 'string' && !thrown.message.includes(constraint) ? [`constraint ${constraint}`] : []),
      ...(typeof column === 'string' && !thrown.message.includes(column) ? [`column ${column}`] : []),
    ];
    const place = places.length === 0 ? '' : ` (${places.join(', ')})`;
    return { code, message: shortened(withoutValues(withoutStatement(thrown.message), namesBehind)) + place };
  }
  return { code: thrown.name, message: shortened(withoutValues(thrown.message, isOfProgram(thrown))) };
}

/** The query builder puts the whole statement in front. */
function withoutStatement(message: string): string {
  const at = message.lastIndexOf(' - ');
  return at < 0 ? message : message.slice(at + 3);
}

/** In errors of the language itself single quotes hold identifiers. */
function isOfProgram(error: Error): RegExp | undefined {
  return error.name === 'TypeError' || error.name === 'ReferenceError' ? /'[\w$.]{1,60}'/ : undefined;
}

function withoutValues(message: string, names: RegExp | undefined): string {
  return message
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, (quoted, at: number) => {
      if (names === namesBehind) return namesBehind.test(message.slice(0, at)) ? quoted : HIDDEN;
      return names?.test(quoted) === true ? quoted : HIDDEN;
    })
    .replaceAll(/[^\s@"'<>]+@[^\s@"'<>]+/g, HIDDEN)
    .replaceAll(/\d{4,}/g, HIDDEN);
}

function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}
