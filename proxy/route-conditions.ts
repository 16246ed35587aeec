import { headerValues, type RawHeaders } from '../src/kernel/exchange.ts';

// Nothing here does I/O. What cannot be understood in one way only matches nothing, and legacy answers it.

export type TextCondition = string | RegExp;

/** What a request must carry, besides method and path, to belong to a route. */
export interface RouteConditions {
  /** Name without a port, in any case; `*.example.com` stands for every name below it. */
  readonly host?: string | undefined;
  /** By name: the whole value, or an expression that matches somewhere in it. */
  readonly headers?: Readonly<Record<string, TextCondition>> | undefined;
  /** By name of the parameter, decoded. */
  readonly query?: Readonly<Record<string, TextCondition>> | undefined;
  /** What its body asks for. Not looked at by `checkConditions`: the body is not there yet. */
  readonly graphql?: OperationCondition | undefined;
}

export interface OperationCondition {
  /** The name of the operation, one of several, or an expression that matches somewhere in it. */
  readonly operation: TextCondition | readonly string[];
}

export type ConditionResult =
  | 'met'
  | 'not-met'
  /** It is there twice, or too long: two readers may read it differently, so no route may have the request. */
  | 'ambiguous';

/** An expression is never run on more than this, so that its worst case stays short. */
const MAX_VALUE_LENGTH = 1_024;

export interface ConditionSubject {
  /** Path and query as received. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** As legacy and candidate get them; default: the same. What is taken out on the way decides nothing. */
  readonly forwarded?: RawHeaders | undefined;
}

export function checkConditions(conditions: RouteConditions, subject: ConditionSubject): ConditionResult {
  const results: ConditionResult[] = [];
  const { headers, forwarded = headers } = subject;
  if (conditions.host !== undefined) results.push(checkHost(conditions.host, subject));
  for (const [name, condition] of Object.entries(conditions.headers ?? {})) {
    // Host is what the client asked for, whatever legacy is told.
    const isHost = name.toLowerCase() === 'host';
    results.push(checkText(condition, headerValues(isHost ? headers : forwarded, name)));
  }
  const wanted = Object.entries(conditions.query ?? {});
  if (wanted.length > 0) {
    const at = subject.target.indexOf('?');
    const search = new URLSearchParams(at === -1 ? '' : subject.target.slice(at + 1));
    for (const [name, condition] of wanted) results.push(checkText(condition, search.getAll(name)));
  }
  if (results.includes('ambiguous')) return 'ambiguous';
  return results.includes('not-met') ? 'not-met' : 'met';
}

/** An operation without a name is nobody's. */
export function isOperationMet({ operation }: OperationCondition, name: string | undefined): boolean {
  if (name === undefined) return false;
  if (typeof operation === 'string' || operation instanceof RegExp) return checkText(operation, [name]) === 'met';
  return operation.includes(name);
}

function checkHost(wanted: string, { target, headers }: ConditionSubject): ConditionResult {
  // A target that names a host itself must not name another than the header (RFC 9112 section 3.2.2).
  const named = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(target)?.[1];
  const values = [...headerValues(headers, 'host'), ...headerValues(headers, ':authority')];
  if (named !== undefined) values.push(named);
  const [value] = values;
  if (value === undefined) return 'not-met';
  if (values.some((each) => each.toLowerCase() !== value.toLowerCase())) return 'ambiguous';
  const name = value.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  const pattern = wanted.toLowerCase();
  if (!pattern.startsWith('*.')) return name === pattern ? 'met' : 'not-met';
  return name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1 ? 'met' : 'not-met';
}

function checkText(condition: TextCondition, values: readonly string[]): ConditionResult {
  const [value] = values;
  if (value === undefined) return 'not-met';
  if (values.length > 1 || value.length > MAX_VALUE_LENGTH) return 'ambiguous';
  if (typeof condition === 'string') return value === condition ? 'met' : 'not-met';
  // An expression with `g` or `y` remembers where it stopped, and would match every second request.
  condition.lastIndex = 0;
  return condition.test(value) ? 'met' : 'not-met';
}
