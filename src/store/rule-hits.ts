import { storable, type EvidenceItem } from './evidence-item.ts';

// Nothing here does I/O.

/** What the rules hid in the answers of one scope. */
export interface HiddenTally {
  /** Compared answers of which it is known what was hidden in them, and those of which it is not. */
  known: number;
  unknown: number;
  /** By the rule's id: the answers in which it hid something, and when the last one was seen (milliseconds since the epoch). */
  readonly rules: Map<string, { answers: number; lastSeen: number }>;
}

/** Ids hold a path, which may be of any length. */
const MAX_RULE = 500;

export function noHidden(): HiddenTally {
  return { known: 0, unknown: 0, rules: new Map() };
}

export function addHidden(tally: HiddenTally, { hidden, seenAt }: Pick<EvidenceItem, 'hidden' | 'seenAt'>): void {
  if (hidden === undefined) return;
  if (hidden === 'unknown') {
    tally.unknown += 1;
    return;
  }
  tally.known += 1;
  for (const id of new Set(hidden.map(storedId))) {
    const hits = tally.rules.get(id) ?? { answers: 0, lastSeen: seenAt };
    tally.rules.set(id, { answers: hits.answers + 1, lastSeen: Math.max(hits.lastSeen, seenAt) });
  }
}

/** As a rule's id is kept in the store. */
export function storedId(id: string): string {
  return storable(id, MAX_RULE);
}
