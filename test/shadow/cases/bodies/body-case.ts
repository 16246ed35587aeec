import type { NormalizedCompareRules } from '../../../../src/config/compare-rules.ts';

/** Two answers, what a careful reader says of them, and where they part. Written by hand, never taken from our own output. */
export interface BodyCase {
  readonly name: string;
  /** Media type of both; `types` where they differ. */
  readonly type?: string;
  readonly types?: readonly [legacy: string, candidate: string];
  readonly legacy: string | Uint8Array;
  readonly candidate: string | Uint8Array;
  /** Further header lines of each: name, value, ... */
  readonly headers?: readonly [legacy: readonly string[], candidate: readonly string[]];
  readonly rules?: Partial<NormalizedCompareRules>;
  /** The question's headers and target, for references. */
  readonly asked?: { readonly target: string; readonly headers: readonly string[] };
  /** `kind at` of each; none: equal. Left out: different, in a way that is not said here. */
  readonly differences?: readonly string[];
  /** Undetermined, for this reason. */
  readonly undetermined?: string;
}

export function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
