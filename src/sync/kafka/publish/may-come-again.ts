/** Position, number of the change, number of the event: made of a place in the log. */
const ofPlace = /^[0-9A-F]+\/[0-9A-F]+\/\d+\/\d+$/;

/**
 * Whether an event may be given again under this id although the log is past it and no row of the outbox has it. Translations
 * of rows that are there are, when all is given again; which id is one of these cannot be told where they have ids
 * of their own. No I/O.
 */
export function mayComeAgain(id: string, { translatesHistory }: { readonly translatesHistory: boolean }): boolean {
  return translatesHistory ? !ofPlace.test(id) : id.startsWith('snapshot/');
}
