import type { Knex } from 'knex';
import type { BodyInput, GraphqlInput, QueryHandler, QueryInput } from '../config/feature-definition.ts';
import type { Candidate, CandidateQuestion, CandidateResult } from '../kernel/candidate.ts';
import { mediaTypeOf } from '../kernel/body-fields.ts';
import { headerValue, type HttpAnswer } from '../kernel/exchange.ts';
import { describeError } from '../kernel/fig-error.ts';
import { answerOf } from './answer-of.ts';
import { couldNotOpen } from './unopened-connection.ts';

const TIMED_OUT = Symbol('timed out');

/**
 * Answers questions in this process with the feature's query handlers. No HTTP is imitated in between: a handler gets
 * what was asked and gives a value.
 */
export class QueryCandidate implements Candidate {
  readonly #queries: ReadonlyMap<string, QueryHandler>;
  readonly #db: Knex;
  readonly #unopened: 'failed' | 'busy';

  /** `unopened`: what it is when no connection could be opened in time; for users a failure like any. */
  constructor(queries: ReadonlyMap<string, QueryHandler>, db: Knex, unopened: 'failed' | 'busy' = 'failed') {
    this.#queries = queries;
    this.#db = db;
    this.#unopened = unopened;
  }

  async ask(question: CandidateQuestion, timeoutMs: number): Promise<CandidateResult> {
    const started = performance.now();
    const tookMs = (): number => performance.now() - started;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<typeof TIMED_OUT>((resolve) => {
      timer = setTimeout(() => resolve(TIMED_OUT), timeoutMs);
    });
    try {
      const result = await Promise.race([this.#run(question), timeout]);
      if (result === TIMED_OUT) {
        return { ok: false, failure: 'timeout', reason: `no answer within ${timeoutMs} ms`, tookMs: tookMs() };
      }
      return this.#judge(result, tookMs());
    } catch (error) {
      const failure = couldNotOpen(error, this.#db) ? this.#unopened : 'failed';
      return { ok: false, failure, reason: describeError(error), tookMs: tookMs() };
    } finally {
      clearTimeout(timer);
    }
  }

  #judge(result: unknown, tookMs: number): CandidateResult {
    let answer: HttpAnswer;
    try {
      answer = answerOf(result);
    } catch (error) {
      return { ok: false, failure: 'invalid', reason: describeError(error), tookMs };
    }
    if (answer.status >= 500) return { ok: false, failure: 'failed', reason: `it answered ${answer.status}`, tookMs };
    return { ok: true, answer, tookMs };
  }

  async #run(question: CandidateQuestion): Promise<unknown> {
    const handler = this.#queries.get(question.route);
    if (!handler) throw new Error(`there is no handler for ${question.route}`);
    return handler(inputOf(question, this.#db));
  }
}

/** What a handler is called with. */
export function inputOf(question: CandidateQuestion, db: Knex): QueryInput {
  const mark = question.target.indexOf('?');
  const search = new URLSearchParams(mark < 0 ? '' : question.target.slice(mark + 1));
  const query: Record<string, string> = {};
  for (const [name, value] of search) if (!Object.hasOwn(query, name)) query[name] = value;
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < question.headers.length; i += 2) {
    const name = question.headers[i]!.toLowerCase();
    if (!Object.hasOwn(headers, name)) headers[name] = question.headers[i + 1]!;
  }
  return { params: question.params, query, search, headers, ...inBody(question), db };
}

function inBody({ query, headers }: CandidateQuestion): Pick<QueryInput, 'graphql' | 'body'> {
  if (query === undefined) return {};
  if (query.operation !== undefined) return { graphql: graphqlInput(query.operation, query.body) };
  return { body: bodyInput(query.body, headerValue(headers, 'content-type')) };
}

function bodyInput(bytes: Uint8Array, contentType: string | undefined): BodyInput {
  const text = Buffer.from(bytes).toString();
  return {
    type: mediaTypeOf(contentType),
    bytes,
    text,
    json: () => JSON.parse(text) as unknown,
    form: () => new URLSearchParams(text),
  };
}

/** The body has been read before, when its operation was found; a server takes no variables for none. */
function graphqlInput(operation: string, body: Uint8Array): GraphqlInput {
  const { query, variables } = JSON.parse(Buffer.from(body).toString()) as { query: string; variables?: unknown };
  const isRecord = typeof variables === 'object' && variables !== null && !Array.isArray(variables);
  return { operation, document: query, variables: isRecord ? (variables as Record<string, unknown>) : {} };
}
