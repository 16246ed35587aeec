/** What a side has at a place, read back from how it is shown. `unknown`: it was shortened or redacted. */
export type Shown =
  | { readonly type: 'nothing' }
  | { readonly type: 'unknown' }
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly text: string }
  /** `text` has every digit. */
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'container'; readonly text: string; readonly value: object };

export interface ShownPair {
  readonly legacy: Shown;
  readonly candidate: Shown;
}

export function readShown(shown: string | undefined): Shown {
  if (shown === undefined) return { type: 'nothing' };
  if (shown.endsWith('…') || shown.includes('<redacted:')) return { type: 'unknown' };
  let value: unknown;
  try {
    value = JSON.parse(shown);
  } catch {
    return { type: 'unknown' };
  }
  if (value === null) return { type: 'null' };
  if (typeof value === 'boolean') return { type: 'boolean', text: shown };
  if (typeof value === 'number') return { type: 'number', text: shown };
  if (typeof value === 'string') return { type: 'string', text: value };
  return { type: 'container', text: shown, value: value as object };
}

/** The decimal that a number is, or that a text holds. */
export function decimalText(shown: Shown): string | undefined {
  if (shown.type === 'number') return shown.text;
  return shown.type === 'string' && /^-?\d{1,30}(\.\d{1,30})?$/.test(shown.text) ? shown.text : undefined;
}

export function isKnown({ legacy, candidate }: ShownPair): boolean {
  return legacy.type !== 'unknown' && candidate.type !== 'unknown';
}

/** One text for each value. */
export function identityOf(shown: Shown): string {
  return 'text' in shown ? `${shown.type} ${shown.text}` : shown.type;
}

export function isEmpty(shown: Shown): boolean {
  if (shown.type === 'nothing' || shown.type === 'null') return true;
  if (shown.type === 'string') return shown.text.trim() === '';
  return shown.type === 'container' && (shown.text === '[]' || shown.text === '{}');
}
