const unfinishedWords = {
  'too-long': 'looking into what these have in common took too long and was ended',
  failed: 'looking into what these have in common failed',
};

/** Bodies of questions are never kept, so what was asked with one cannot be asked again. */
const notKept = 'what was asked is not kept, because it is in the body: fig replay har asks what was recorded';

/**
 * What was found out about a group, as lines: what those that differ have in common, a cause, a rule, why it cannot be asked
 * again. Each may be missing.
 */
export function findingLines({ correlation, cause, proposal, unfinished, route }) {
  const lines = [];
  if (unfinished) lines.push({ label: 'not known', text: unfinishedWords[unfinished] ?? unfinished });
  if (correlation) lines.push({ label: 'in common', text: correlation.sentence });
  if (cause) lines.push({ label: 'suspected', text: `${cause.sentence} (${cause.explained} of ${cause.of})` });
  if (proposal) {
    lines.push({ label: 'rule', code: proposal.rule, text: `${proposal.preview}. ${proposal.warning}` });
  }
  if (route?.startsWith('POST ')) lines.push({ label: 'replay', text: notKept });
  return lines;
}
