import type { ReportRule } from '../../app/feature-report.ts';
import { formatCount, formatPlural, formatShare } from '../format.ts';

/** What is to be known of a rule besides what it does: what it hid, why it is there, until when. */
export function ruleNotes({ route, hidden, fits, maxHidden, because, expires, isExpired }: ReportRule): string[] {
  return [
    ...(route === undefined ? [] : [`for ${route}`]),
    ...(hidden === undefined ? [] : hiddenNotes(hidden)),
    ...(fits === undefined ? [] : [fitNote(fits)]),
    ...(maxHidden === undefined ? [] : [`may hide ${formatShare(maxHidden)}`]),
    ...(because === undefined ? [] : [`because ${because}`]),
    ...(expires === undefined ? [] : [`${isExpired === true ? 'EXPIRED on' : 'expires on'} ${expires}`]),
  ];
}

/** Fewer answers may just not have had it. */
const enough = 20;

function fitNote({ answers, compared }: NonNullable<ReportRule['fits']>): string {
  if (answers > 0) return `fits something in ${formatCount(answers)} of ${formatPlural(compared, 'answer')}`;
  const none = `fits nothing in ${formatPlural(compared, 'answer')}`;
  return compared < enough ? none : `${none.toUpperCase()}: is the path right?`;
}

function hiddenNotes({ answers, compared, share, unknown }: NonNullable<ReportRule['hidden']>): string[] {
  const hid =
    answers === 0
      ? `hid nothing in ${formatPlural(compared, 'answer')}`
      : `hid a difference in ${formatCount(answers)} of ${formatPlural(compared, 'answer')} (${formatShare(share)})`;
  return unknown === 0 ? [hid] : [hid, `not known of ${formatPlural(unknown, 'answer')}`];
}
