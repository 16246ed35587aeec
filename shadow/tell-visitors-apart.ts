import { createHash } from 'node:crypto';
import type { Exchange, HttpAnswer } from '../src/kernel/exchange.ts';
import type { Judgement } from './judge.ts';
import { questionName } from './question-shape.ts';
import { anothersAnswer, revealsSomething, type VisitorAnswers } from './visitor-answers.ts';

/**
 * Notes what legacy answered this visitor, and makes a mismatch critical in which the candidate gave what is another's.
 * `candidate`: its last answer. `digest`: of an answer under the rules of the feature.
 */
export function tellVisitorsApart(
  answers: VisitorAnswers,
  { exchange, judgement, candidate, now }: JudgedExchange,
  digest: (answer: HttpAnswer) => Uint8Array,
): Judgement {
  const { visitor, feature, version, askedAt } = exchange;
  if (visitor === undefined || judgement.legacy === undefined || judgement.verdict === 'skipped') return judgement;
  const question = hashOf(`${feature}@${version ?? ''} ${questionName(exchange.question)}`);
  const legacy = nameOf(digest(judgement.legacy));
  answers.note({ question, visitor, legacy, askedAt, seenAt: now });
  const { verdict, differences } = judgement;
  if (verdict !== 'mismatch' || candidate === undefined || !revealsSomething(differences)) return judgement;
  if (!answers.isAnothers({ question, visitor, legacy }, nameOf(digest(candidate)))) return judgement;
  return { ...judgement, critical: true, differences: [anothersAnswer, ...differences] };
}

export interface JudgedExchange {
  readonly exchange: Exchange;
  readonly judgement: Judgement;
  readonly candidate: HttpAnswer | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('base64url').slice(0, 22);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
