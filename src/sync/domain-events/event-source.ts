/**
 * Domain events go through the same queue and savepoints as changes of rows. There they are changes of a table of this
 * name, which no table can have, and their key is its key: events of one key wait for each other.
 */
export const eventSource = 'domain event';
export const eventKeyColumns = ['key'] as const;

const translationPrefix = 'translation of ';

/** What a change that could not be translated waits under: its row, apart from the row's own handler. */
export function translationOf(source: string): string {
  return translationPrefix + source;
}

/** The source that it is a translation of; undefined when it is none. */
export function translatedSource(source: string): string | undefined {
  return source.startsWith(translationPrefix) ? source.slice(translationPrefix.length) : undefined;
}
