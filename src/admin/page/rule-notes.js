import { count, percent, plural } from './format.js';

/** What is to be known of a rule besides what it does: what it hid, why it is there, until when. */
export function ruleNotes({ route, hidden, fits, maxHidden, because, expires, isExpired, daysLeft }) {
  return [
    ...(route === undefined ? [] : [`for ${route}`]),
    ...(hidden === undefined ? [] : hiddenNotes(hidden)),
    ...(fits === undefined ? [] : [fitNote(fits)]),
    ...(maxHidden === undefined ? [] : [`may hide ${percent(maxHidden)}`]),
    ...(because === undefined ? [] : [`because ${because}`]),
    ...(expires === undefined ? [] : [expiryNote(expires, isExpired, daysLeft)]),
  ];
}

/** Fewer answers may just not have had it. */
const enough = 20;

function fitNote({ answers, compared }) {
  if (answers > 0) return `fits something in ${count(answers)} of ${plural(compared, 'answer')}`;
  const none = `fits nothing in ${plural(compared, 'answer')}`;
  return compared < enough ? none : `${none.toUpperCase()}: is the path right?`;
}

function hiddenNotes({ answers, compared, share, unknown }) {
  const hid =
    answers === 0
      ? `hid nothing in ${plural(compared, 'answer')}`
      : `hid a difference in ${count(answers)} of ${plural(compared, 'answer')} (${percent(share)})`;
  return unknown === 0 ? [hid] : [hid, `not known of ${plural(unknown, 'answer')}`];
}

function expiryNote(expires, isExpired, daysLeft) {
  if (isExpired === true) return `EXPIRED on ${expires}`;
  return daysLeft === undefined ? `expires on ${expires}` : `EXPIRES SOON, on ${expires}, ${inDays(daysLeft)}`;
}

/** `in 9 days`, `within a day` */
export function inDays(days) {
  return days === 0 ? 'within a day' : `in ${plural(days, 'day')}`;
}
