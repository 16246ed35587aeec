import { count, percent, plural } from './format.js';

/** What is to be known of a rule besides what it does: what it hid, why it is there, until when. */
export function ruleNotes({ route, hidden, maxHidden, because, expires, isExpired, daysLeft }) {
  return [
    ...(route === undefined ? [] : [`for ${route}`]),
    ...(hidden === undefined ? [] : hiddenNotes(hidden)),
    ...(maxHidden === undefined ? [] : [`may hide ${percent(maxHidden)}`]),
    ...(because === undefined ? [] : [`because ${because}`]),
    ...(expires === undefined ? [] : [expiryNote(expires, isExpired, daysLeft)]),
  ];
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
