import type { StoredVariation } from '../../store/legacy-variation-store.ts';

/** A place where legacy's answers differ from each other by themselves. */
export interface LegacyVaries extends StoredVariation {
  /** The rule that would let it be compared; undefined: what it looks like suggests none. Nothing is ignored unless it is written. */
  readonly proposal: string | undefined;
}

/** Fewer may be chance, or a write that nobody noticed. */
const MIN_WITNESSED = 3;
const MIN_UNWITNESSED = 5;
const MIN_SHARE = 0.8;

/** Of what was counted that which can be believed, with the rule for it. */
export function legacyVaries(stored: readonly StoredVariation[]): readonly LegacyVaries[] {
  return stored.filter(isBelievable).map((variation) => ({ ...variation, proposal: proposalFor(variation) }));
}

/** Where the candidate varies as well it is no witness; then only what varies nearly always, in a way that data does not, is said. */
function isBelievable({ kind, varied, witnessed, asked }: StoredVariation): boolean {
  if (witnessed >= MIN_WITNESSED) return true;
  return kind !== 'other' && kind !== 'order' && varied >= MIN_UNWITNESSED && varied >= asked * MIN_SHARE;
}

function proposalFor({ kind, path, first }: StoredVariation): string | undefined {
  if (kind === 'lag') return `shadow: { settle: '${first ?? '60s'}' }`;
  if (kind === 'cache') return `legacyCache: '${first ?? '60s'}'`;
  const place = JSON.stringify(path);
  // A header has no path, so no rule reaches it but that of which headers are compared.
  if (!path.startsWith('$')) return undefined;
  if (kind === 'time') return `tolerance: { ${place}: { time: '5s' } }`;
  if (kind === 'order') return `unordered: [${place}]`;
  return kind === 'token' || kind === 'counter' ? `ignore: [${place}]` : undefined;
}
