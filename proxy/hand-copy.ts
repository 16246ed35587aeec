import type {
  Asker,
  CandidateFailure,
  DropReason,
  Exchange,
  ExchangeSink,
  HttpAnswer,
  HttpQuestion,
  Side,
} from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { FeatureRouting } from '../src/kernel/phase.ts';
import { CaptureBody } from './capture-body.ts';
import type { ClientRequest } from './client-request.ts';
import type { RouteMatch } from './route-table.ts';
import type { ForwardOutcome } from './forward.ts';

/** What a copy is about. */
export interface CopySubject {
  readonly client: ClientRequest;
  readonly question: HttpQuestion;
  readonly asker: Asker;
  readonly match: RouteMatch;
  /** What the routing said of the feature. */
  readonly now: FeatureRouting;
}

/** The copy of one answer of legacy while it streams past. */
export interface OpenCopy {
  readonly tap: (chunk: Buffer) => void;
  close(outcome: ForwardOutcome, tookMs: number, candidateFailure: CandidateFailure | undefined): void;
}

const nothing = new Uint8Array();

/** Hands copies to the shadow. Whatever the sink does, the user's request goes on: its errors end here. */
export class CopyDesk {
  readonly #sink: ExchangeSink;
  readonly #limitBytes: number;
  readonly #log: Log;

  constructor(sink: ExchangeSink, limitBytes: number, log: Log) {
    this.#sink = sink;
    this.#limitBytes = limitBytes;
    this.#log = log;
  }

  /** Whether a question is to be compared. Asked once, before it is known how it is answered. */
  admits({ feature, route }: RouteMatch, asker: Asker): boolean {
    return this.#guarded(() => this.#sink.wants(feature, route, asker)) ?? false;
  }

  /** Counts a question that cannot be compared. */
  leave({ feature, route }: RouteMatch, reason: DropReason): void {
    this.#guarded(() => this.#sink.dropped(feature, route, reason));
  }

  /** Begins to copy legacy's answer. */
  open(subject: CopySubject): OpenCopy {
    const body = new CaptureBody(this.#limitBytes);
    return {
      tap: (chunk) => body.add(chunk),
      close: (outcome, tookMs, candidateFailure) => {
        if (outcome.kind !== 'relayed') this.#dropped(subject, body.isTooLarge ? 'too-large' : 'aborted');
        else if (body.isTooLarge) {
          const { status, headers } = outcome.head;
          this.#cut(subject, { status, headers, body: nothing }, tookMs, 'legacy');
        } else {
          const { status, headers } = outcome.head;
          const answer = { status, headers, body: body.bytes() };
          this.#offer({ ...exchangeOf(subject, answer, tookMs), servedBy: 'legacy', candidateFailure });
        }
      },
    };
  }

  /** Hands over an answer that the candidate gave, or that nobody was left to receive. */
  handCandidates(subject: CopySubject, answer: HttpAnswer, tookMs: number): void {
    if (subject.client.gone.aborted) this.#dropped(subject, 'aborted');
    else if (answer.body.byteLength > this.#limitBytes) {
      this.#cut(subject, { ...answer, body: nothing }, tookMs, 'candidate');
    } else this.#offer({ ...exchangeOf(subject, answer, tookMs), servedBy: 'candidate' });
  }

  /** Without its body it proves nothing; that it was asked for must be known, or a gate would pass without ever having seen one. */
  #cut(subject: CopySubject, answer: HttpAnswer, tookMs: number, servedBy: Side): void {
    this.#dropped(subject, 'too-large');
    this.#offer({ ...exchangeOf(subject, answer, tookMs), servedBy, isCut: true });
  }

  #offer(exchange: Exchange): void {
    this.#guarded(() => this.#sink.offer(exchange));
  }

  #dropped({ match }: CopySubject, reason: DropReason): void {
    this.leave(match, reason);
  }

  #guarded<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.#log.error({ error: describeError(error) }, 'the shadow could not take a copy; the user was not touched');
      return undefined;
    }
  }
}

function exchangeOf(
  { client, question, asker, match, now }: CopySubject,
  answer: HttpAnswer,
  tookMs: number,
): Omit<Exchange, 'servedBy'> {
  return {
    id: client.id,
    feature: match.feature,
    route: match.route,
    params: match.params,
    reads: now.reads,
    stay: now.stay,
    version: now.version,
    question,
    visitor: asker.namedVisitor,
    answer,
    askedAt: client.askedAt,
    tookMs,
  };
}
