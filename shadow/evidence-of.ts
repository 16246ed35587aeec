import { versionKey } from '../src/config/feature-versions.ts';
import type { Clock } from '../src/kernel/clock.ts';
import type { Exchange } from '../src/kernel/exchange.ts';
import { describeReads } from '../src/kernel/phase.ts';
import type { Difference } from '../src/kernel/verdict.ts';
import { conclusive, type EvidenceItem } from '../src/store/evidence-item.ts';
import { isBeyondComparison } from './comparability.ts';
import { errorText } from './error-text.ts';
import { FactSampler } from './facts/fact-sampler.ts';
import type { Judgement } from './judge.ts';
import type { KnownFeature } from './known-feature.ts';
import type { LastLook } from './last-look.ts';
import { evidenceKey, shapeOf, ShapeBook } from './question-shape.ts';
import type { Redactor } from './redact.ts';
import { isNoAnswer } from './refusals.ts';

/** Turns judgements into what is stored of them, which holds no personal data. */
export class EvidenceOf {
  readonly #clock: Clock;
  readonly #shapes = new ShapeBook();
  readonly #facts = new FactSampler();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  item(exchange: Exchange, known: KnownFeature, judgement: Judgement, looks: LastLook): EvidenceItem {
    const { fingerprint, redactor, cursors, comparers } = known;
    const { feature, route, question } = exchange;
    const { verdict, reason, critical, legacy } = judgement;
    const step = describeReads(exchange.reads);
    const key =
      conclusive.has(verdict) && legacy
        ? evidenceKey(cursors.keyQuestion(question), comparers.of(route).digest(legacy, question), verdict)
        : undefined;
    // As they are stored, so that facts of them are redacted as well.
    const differences =
      verdict === 'mismatch' || verdict === 'error' ? judgement.differences.map(redactedBy(redactor)) : [];
    return {
      feature,
      fingerprint,
      step,
      stay: exchange.stay,
      route,
      verdict,
      reason,
      critical,
      key,
      isRefusal: legacy !== undefined && isNoAnswer(legacy),
      shape: this.#shape(exchange, judgement, redactor, step),
      legacyMs: judgement.legacyMs,
      candidateMs: judgement.candidateMs,
      differences,
      facts: this.#facts.take(exchange, { verdict, legacy, differences }, known, { key, step }),
      question: described(exchange, redactor),
      hidden: looks.hidden(verdict),
      seenAt: this.#clock.now(),
    };
  }

  #shape(exchange: Exchange, judgement: Judgement, redactor: Redactor, step: string): string | undefined {
    const { verdict, reason, legacy } = judgement;
    const isComparable = verdict !== 'skipped' || !isBeyondComparison(reason);
    // Of what the user got from another version nobody knows whether legacy would have answered in that way.
    const seen = legacy ?? (exchange.isOfOtherVersion === true ? undefined : exchange.answer);
    if (!seen || !isComparable) return undefined;
    const scope = `${versionKey(exchange.feature, exchange.version)} ${step} ${exchange.route}`;
    return this.#shapes.enter(scope, redactor.text(shapeOf(seen.status, exchange.question)));
  }
}

/** As samples show it. Of a body no more than the operation's name: the rest of it is personal. */
function described({ question, params }: Exchange, redactor: Redactor): string {
  const { method, target, query } = question;
  const asked = `${method} ${redactor.target(target, params)}`;
  return query?.operation === undefined ? asked : `${asked} ${redactor.text(query.operation)}`;
}

/** What the candidate says of its failure is text of unknown content. */
function redactedBy(redactor: Redactor): (difference: Difference) => Difference {
  return (difference) => {
    if (difference.kind !== 'error' || difference.candidate === undefined) return difference;
    return { ...difference, candidate: errorText(difference.candidate, redactor) };
  };
}
