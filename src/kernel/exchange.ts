import type { ReadState } from './phase.ts';

/** Header lines in the order, case and repetition they came in: name, value, name, value, ... */
export type RawHeaders = readonly string[];

export interface HttpQuestion {
  readonly method: string;
  /** Path and query exactly as received, e.g. `/api/orders?page=2`. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** What a POST asks to read. Personal: it is asked with, and neither stored nor logged. */
  readonly query?: QueryInBody | undefined;
}

/**
 * A query in a request's body: one of GraphQL, or whatever a route that is declared to read is sent. Who finds one at a
 * question may ask it again, although its method is POST.
 */
export interface QueryInBody {
  /** The name of the GraphQL operation, as the document has it; undefined for what is no GraphQL. */
  readonly operation: string | undefined;
  /** The whole body, byte for byte. */
  readonly body: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  /** As it went over the wire, before any content decoding. */
  readonly body: Uint8Array;
}

export type Side = 'legacy' | 'candidate';

/** Why the candidate could not answer a question that was its to answer. */
export type CandidateFailure =
  /** It exceeded its time. */
  | 'timeout'
  /** It threw, or answered 5xx. */
  | 'failed'
  /** Its answer cannot be sent: not serialisable, no valid status, too large. */
  | 'invalid'
  /** Too many questions are with it already. */
  | 'busy';

/** One question of a user and the answer they got: the copy that the proxy hands to the shadow. */
export interface Exchange {
  readonly id: string;
  readonly feature: string;
  /** The route as written in the config, e.g. `GET /api/orders/:id`. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly reads: ReadState;
  /** The stay in that step, see `FeatureRouting`. */
  readonly stay?: number | undefined;
  /** Version of the read model that is compared, see `FeatureRouting`. As the proxy hands it over: the one that serves. */
  readonly version?: number | undefined;
  /** The answer is another version's. It tells what a user asked, and nothing of the version that is compared. */
  readonly isOfOtherVersion?: boolean | undefined;
  readonly question: HttpQuestion;
  /** Who asked, see `Asker`; undefined: who has no name. */
  readonly visitor?: string | undefined;
  readonly answer: HttpAnswer;
  readonly servedBy: Side;
  /** The answer has more than is copied, so that its body was left out: it is not compared, and it was asked for. */
  readonly isCut?: boolean | undefined;
  /** Present when the candidate should have served but legacy had to. */
  readonly candidateFailure?: CandidateFailure | undefined;
  /** Milliseconds since the epoch at which the question arrived. */
  readonly askedAt: number;
  /** How often keys of the read model had been parked by then. When more are since, the comparison says nothing. */
  readonly parkings?: number | undefined;
  /** Milliseconds the serving side took to answer, waiting for a fence not included. */
  readonly tookMs: number;
}

/** Who asks. Found out only when somebody looks. */
export interface Asker {
  /** A hash that tells visitors apart as routing does; undefined: there is but an address to go by, which many may share. */
  readonly namedVisitor: string | undefined;
}

/** Why a copy was not taken or not kept. Each is a metric label. */
export type DropReason =
  /** Outside of the sample that the config asks for. */
  | 'not-sampled'
  /** A candidate, asked by the shadow, asks the proxy in its turn. */
  | 'from-shadow'
  /** Reads of the route were seen to write to legacy, so they are not asked twice. */
  | 'writes'
  /** It may be about a key that could not be built, of which it is known that the read model is wrong. */
  | 'parked'
  /** Not chosen: more questions came than the budget of the shadow lets be compared. */
  | 'over-budget'
  /** Legacy has more to do than it can; what would be asked of it for a comparison would make users wait longer. */
  | 'legacy-strain'
  /** The worker does not keep up. */
  | 'queue-full'
  | 'too-large'
  | 'aborted'
  | 'worker-down';

/** Where the proxy hands copies to. Neither call may block, throw or slow the caller. */
export interface ExchangeSink {
  /** Asked once per question, before anything is known of its answer: whether it is to be compared. */
  wants(feature: string, route: string, asker?: Asker): boolean;
  offer(exchange: Exchange): void;
  dropped(feature: string, route: string, reason: DropReason): void;
}

/** Whether asking a question (again) can change nothing: a GET or HEAD, or a POST with a declared query. */
export function isRepeatable({ method, query }: HttpQuestion): boolean {
  return query === undefined ? method === 'GET' || method === 'HEAD' : method === 'POST';
}

/** Values of one header, in order. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const wanted = name.toLowerCase();
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === wanted) values.push(headers[i + 1]!);
  }
  return values;
}

/** The first value of a header. */
export function headerValue(headers: RawHeaders, name: string): string | undefined {
  return headerValues(headers, name)[0];
}
