const unfinishedWords = {
  'too-long': 'looking into what these have in common took too long and was ended',
  failed: 'looking into what these have in common failed',
};

/** What was found out about a group, as lines: what those that differ have in common, a cause, a rule. Each may be missing. */
export function findingLines({ correlation, cause, proposal, unfinished }) {
  const lines = [];
  if (unfinished) lines.push({ label: 'not known', text: unfinishedWords[unfinished] ?? unfinished });
  if (correlation) lines.push({ label: 'in common', text: correlation.sentence });
  if (cause) lines.push({ label: 'suspected', text: `${cause.sentence} (${cause.explained} of ${cause.of})` });
  if (proposal) {
    lines.push({ label: 'rule', code: proposal.rule, text: `${proposal.preview}. ${proposal.warning}` });
  }
  return lines;
}
