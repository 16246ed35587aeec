import { createHash } from 'node:crypto';
import { bodyFields } from '../src/kernel/body-fields.ts';
import { headerValue, type HttpQuestion } from '../src/kernel/exchange.ts';
import type { Verdict } from '../src/kernel/verdict.ts';
import { isNoise, isNoisy } from './noise-parameters.ts';

const MAX_NAMES = 12;
const MAX_NAME_LENGTH = 40;

/**
 * `2xx ?page&status`: status class and names of the query parameters, which together stand for a way to be asked. The
 * variables of a GraphQL query are its parameters, `2xx ?$first`, and so are the fields of any other query in a body.
 */
export function shapeOf(status: number, question: Pick<HttpQuestion, 'target' | 'headers' | 'query'>): string {
  const statusClass = `${Math.floor(status / 100)}xx`;
  const parameters = [...queryOf(question.target).keys()].filter((name) => !isNoise(name));
  const names = [...new Set([...parameters, ...namesInBody(question)])].toSorted();
  if (names.length === 0) return statusClass;
  const shown = names.slice(0, MAX_NAMES).map((name) => name.slice(0, MAX_NAME_LENGTH));
  return `${statusClass} ?${shown.join('&')}${names.length > MAX_NAMES ? '&…' : ''}`;
}

/** Anyone can make up parameter names. Past a bound per route they share one shape, so that they cannot hold a gate. */
export class ShapeBook {
  readonly #maxPerRoute: number;
  readonly #known = new Map<string, Set<string>>();

  constructor(maxPerRoute = 100) {
    this.#maxPerRoute = maxPerRoute;
  }

  enter(scope: string, shape: string): string {
    let shapes = this.#known.get(scope);
    if (!shapes) this.#known.set(scope, (shapes = new Set()));
    if (shapes.has(shape)) return shape;
    if (shapes.size >= this.#maxPerRoute) return `${shape.slice(0, 3)} ?(other)`;
    shapes.add(shape);
    return shape;
  }
}

/** Hash of question, legacy's canonical answer and outcome: evidence with the same key is the same proof. */
export function evidenceKey(question: HttpQuestion, legacyDigest: Uint8Array, outcome: Verdict): Uint8Array {
  return createHash('sha256').update(questionName(question, outcome)).update(legacyDigest).digest().subarray(0, 16);
}

/** What makes a question another one, and with `more` what else is to tell them apart. Personal. */
export function questionName(question: HttpQuestion, ...more: readonly string[]): string {
  const query = [...queryOf(question.target)].filter(([name, value]) => !isNoisy(name, value));
  const path = question.target.split('?', 1)[0];
  const asked = question.query && createHash('sha256').update(question.query.body).digest('hex');
  return JSON.stringify([question.method, path, query, ...more, ...(asked === undefined ? [] : [asked])]);
}

function namesInBody({ query, headers }: Pick<HttpQuestion, 'headers' | 'query'>): string[] {
  if (query === undefined) return [];
  if (query.operation === undefined) return bodyFields(query.body, headerValue(headers, 'content-type'));
  return variablesIn(query.body).map((name) => `$${name}`);
}

/** The proxy has read the body before: it is JSON. */
function variablesIn(body: Uint8Array): string[] {
  const { variables } = JSON.parse(Buffer.from(body).toString()) as { readonly variables?: unknown };
  return typeof variables === 'object' && variables !== null ? Object.keys(variables) : [];
}

function queryOf(target: string): URLSearchParams {
  const at = target.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
}
