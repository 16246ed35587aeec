import type { EvidenceFacts } from '../kernel/facts.ts';
import type { Difference, Verdict } from '../kernel/verdict.ts';
import type { PairSource } from './stored-pair.ts';

/** What evidence is kept apart by. */
export interface EvidenceScope {
  readonly feature: string;
  readonly fingerprint: string;
  /** `shadow`, `canary 5%`. */
  readonly step: string;
  readonly route: string;
}

/** What one judged exchange leaves behind. Holds no personal data. */
export interface EvidenceItem extends EvidenceScope {
  /** The stay in the step, see `FeatureRouting`; undefined: whatever stay it is now. */
  readonly stay?: number | undefined;
  readonly verdict: Verdict;
  /** A label, or empty. */
  readonly reason: string;
  /** Hash of route, question, legacy's canonical answer and outcome. Without one the item is no distinct evidence. */
  readonly key: Uint8Array | undefined;
  readonly critical: boolean;
  /** Legacy refused: 400 and above, or sent the visitor to sign in. */
  readonly isRefusal?: boolean | undefined;
  /** `2xx ?page&status`; undefined for what is never compared. */
  readonly shape: string | undefined;
  readonly legacyMs: number | undefined;
  readonly candidateMs: number | undefined;
  /** Redacted. */
  readonly differences: readonly Difference[];
  /** Of those comparisons that a sample of facts is taken from. */
  readonly facts?: EvidenceFacts | undefined;
  /** Method and target, redacted. */
  readonly question: string;
  /** Ids of the rules that hid a difference in it, and of `owner`, `critical` and `redact` rules that fit something in it; undefined: no answers were compared. `unknown` is never none. */
  readonly hidden?: readonly string[] | 'unknown' | undefined;
  /** What can be asked and compared again, of what differs. */
  readonly pair?: PairSource | undefined;
  /** Milliseconds since the epoch. */
  readonly seenAt: number;
}

/** Verdicts that are proof, one way or the other. */
export const conclusive: ReadonlySet<Verdict> = new Set(['match', 'mismatch', 'error']);

/** A text that PostgreSQL takes and an index can hold. */
export function storable(text: string, maxLength: number): string {
  const clean = text.replaceAll('\0', '\u2400');
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1)}…` : clean;
}

export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
