import type { Redactor } from './redact.ts';

export const maxShown = 200;
/** Texts are cut to this before personal data is looked for, which is long before they are cut for showing. */
export const maxSearched = 4_096;

/** A text as it may be stored: personal data replaced, at most 200 characters. */
export function displayText(text: string, redactor: Redactor): string {
  return shorten(redactor.text(text.slice(0, maxSearched)));
}

export function shorten(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown - 1)}…` : text;
}
