import type { Difference } from '../src/kernel/verdict.ts';

// Nothing here does I/O or reads a clock. Answers are digests under the rules of their feature, visitors are hashes.

export interface SeenAnswer {
  /** Names the question, whoever asks it. */
  readonly question: string;
  readonly visitor: string;
  /** Digest of what legacy answers. */
  readonly legacy: string;
  /** Legacy answered between these two, in milliseconds since the epoch. */
  readonly askedAt: number;
  readonly seenAt: number;
}

interface Known {
  /** Legacy had answered this visitor so by then. */
  firstSeenAt: number;
  /** Legacy answered so after then. */
  lastAskedAt: number;
}

type AnswersOf = Map<string, Known>;

export interface VisitorAnswersLimits {
  readonly questions: number;
  readonly visitorsPerQuestion: number;
  readonly answersPerVisitor: number;
}

const defaultLimits: VisitorAnswersLimits = { questions: 1_000, visitorsPerQuestion: 24, answersPerVisitor: 4 };

/** With fewer, an answer that only one visitor got may just be what most would get. */
const MIN_VISITORS = 3;
/** What more of the visitors than these are answered is nobody's own. One user may have several sessions. */
const MAX_SHARE = 1 / 4;

/**
 * Remembers what legacy answered whom, to tell a candidate that gives a visitor what is another's from one that is merely
 * wrong. Of questions and visitors the ones that were asked last are kept.
 */
export class VisitorAnswers {
  readonly #limits: VisitorAnswersLimits;
  readonly #questions = new Map<string, Map<string, AnswersOf>>();

  constructor(limits: Partial<VisitorAnswersLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  note({ question, visitor, legacy, askedAt, seenAt }: SeenAnswer): void {
    const visitors = latest(this.#questions, question, this.#limits.questions, () => new Map<string, AnswersOf>());
    const answers = latest(visitors, visitor, this.#limits.visitorsPerQuestion, () => new Map<string, Known>());
    const known = latest(answers, legacy, this.#limits.answersPerVisitor, () => ({
      firstSeenAt: seenAt,
      lastAskedAt: askedAt,
    }));
    known.firstSeenAt = Math.min(known.firstSeenAt, seenAt);
    known.lastAskedAt = Math.max(known.lastAskedAt, askedAt);
  }

  /**
   * Whether what the candidate gave is what legacy answers another visitor, and that one's own. An answer that is merely old is not:
   * legacy must have given it to the other after it had answered this one as it does now.
   */
  isAnothers(
    { question, visitor, legacy }: Pick<SeenAnswer, 'question' | 'visitor' | 'legacy'>,
    candidate: string,
  ): boolean {
    const visitors = this.#questions.get(question);
    const own = visitors?.get(visitor);
    const now = own?.get(legacy);
    if (!visitors || !own || !now || own.has(candidate) || visitors.size < MIN_VISITORS) return false;
    const others = [...visitors].filter(([other, answers]) => other !== visitor && answers.has(candidate));
    if (others.length === 0 || others.length > Math.max(1, visitors.size * MAX_SHARE)) return false;
    // Whoever was ever answered like this visitor may have been before the data changed.
    return others.every(([, answers]) => !answers.has(legacy) && answers.get(candidate)!.lastAskedAt > now.firstSeenAt);
  }
}

/** The entry of a map that forgets the one that was used longest ago. */
function latest<Value>(map: Map<string, Value>, key: string, limit: number, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) break;
    map.delete(oldest);
  }
  return value;
}

const nothing: ReadonlySet<string | undefined> = new Set([undefined, 'null', '0', '""', 'false', '[]', '{}']);

/** Whether the candidate says anything that legacy does not: an empty list is nobody's secret. */
export function revealsSomething(differences: readonly Difference[]): boolean {
  return differences.some(({ kind, candidate }) => kind !== 'missing' && kind !== 'order' && !nothing.has(candidate));
}

/** What a mismatch is that shows a visitor what is another's. */
export const anothersAnswer: Difference = {
  kind: 'visitor',
  path: 'visitor',
  at: 'visitor',
  legacy: "this visitor's own answer",
  candidate: 'what legacy answers another visitor: kept in a cache without Vary, or not filtered by owner',
  critical: true,
};
