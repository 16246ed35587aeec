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
