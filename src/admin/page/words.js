// What things are called, on this page and in every report.

export const kindWords = {
  status: 'status differs',
  header: 'header differs',
  value: 'value differs',
  type: 'type differs',
  missing: 'missing in candidate',
  extra: 'only in candidate',
  order: 'order differs',
  owner: 'belongs to somebody else',
  body: 'body differs',
  visitor: "another visitor's answer",
  error: 'candidate failed',
};

export const verdictWords = {
  match: 'match',
  mismatch: 'mismatch',
  error: 'error',
  stale: 'stale',
  raced: 'raced',
  undetermined: 'undetermined',
  skipped: 'skipped',
};

/** Tone and words. */
export const gateWords = {
  PASS: ['good', 'Pass'],
  FAIL: ['bad', 'Fail'],
  INCONCLUSIVE: ['wait', 'Not proven yet'],
};

/** How a value of legacy's varies by itself. */
export const variationWords = {
  time: 'the time of the answer',
  token: 'another token each time',
  counter: 'a number that grows',
  order: 'the order of elements',
  cache: 'is behind, and comes to agree later',
  lag: 'is ahead: the candidate comes to agree later',
  other: 'a value that changes',
};
