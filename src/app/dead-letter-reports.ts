/** What front ends may ask about dead letters, and have done with them. Every call may reject; orders are kept in the audit. */
export interface DeadLetterDesk {
  /** Oldest first. Throws FIG_UNKNOWN_FEATURE. */
  list(feature?: string): Promise<{ readonly letters: readonly DeadLetterReport[] }>;
  /** Throws FIG_UNKNOWN_DEAD_LETTER. */
  find(id: number): Promise<DeadLetterReport>;
  /** Tries one, or all, at once. Throws FIG_UNKNOWN_DEAD_LETTER, FIG_UNKNOWN_FEATURE. */
  retry(order: {
    readonly id?: number | undefined;
    readonly feature?: string | undefined;
    readonly who: string;
  }): Promise<LetterOutcome>;
  /** Serves what the read model has of the key as it is. Throws FIG_UNKNOWN_DEAD_LETTER, FIG_WHY_REQUIRED. */
  discard(id: number, order: { readonly who: string; readonly why: string }): Promise<LetterOutcome>;
}

export interface LetterOutcome {
  /** Letters that the order was about. */
  readonly ids: readonly number[];
}

export interface DeadLetterReport {
  readonly id: number;
  readonly feature: string;
  readonly readModel: string;
  /** `build`: one key; `model`: every key; `dirty`, `land`: a legacy row whose keys are not known; `change`: one of a row; `message`: an event of a topic. */
  readonly kind: 'build' | 'model' | 'dirty' | 'land' | 'change' | 'message';
  readonly key: string | undefined;
  readonly source: string | undefined;
  readonly sourceKey: readonly string[] | undefined;
  readonly code: string;
  /** Without values. */
  readonly message: string;
  readonly attempts: number;
  readonly changesSince: number;
  /** ISO 8601. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Undefined: only when somebody asks for it. */
  readonly nextAt: string | undefined;
}
