import { randomBytes } from 'node:crypto';
import { harAnswer } from '../../../shadow/har/har-answer.ts';
import { errorText } from '../../../shadow/error-text.ts';
import { createRedactor, type Redactor } from '../../../shadow/redact.ts';
import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import type { HttpAnswer } from '../../kernel/exchange.ts';
import { askAll, type AskOptions } from './ask-all.ts';
import { recordedComparer } from './compare-recorded.ts';
import { countVerdicts, groupResults, listLeftOut } from './group-results.ts';
import type { HarAsked, HarQuestions } from './har-questions.ts';
import { pairEntries } from './pair-entries.ts';
import type { FailedAnswer } from './parties.ts';
import type { ReplayReport } from './replay-report.ts';
import type { NotAsked, ReplayResult } from './result.ts';

export type RulesOf = (feature: string) => NormalizedCompareRules;
export type AskBoth = (question: HarAsked) => Promise<ReplayResult>;
export type AskCandidate = (question: HarAsked) => Promise<HttpAnswer | FailedAnswer>;

/** Statuses that tell a visitor who is not known to go away. */
const refusals = new Set([401, 403]);
/** Characters of a question that are shown; cut only after what is personal was found. */
const MAX_QUESTION = 200;

/** Asks the questions of a HAR again, of both sides. */
export async function replayAsked(har: HarQuestions, ask: AskBoth, options: AskOptions): Promise<ReplayReport> {
  const { results, stopped } = await askAll(har.asked, ask, options);
  const judged = results.map(({ item, result }) => withoutRefused(item, result));
  const done = new Set(results.map(({ item }) => item));
  const left = har.asked.filter((each) => !done.has(each)).map((each) => notAsked(each, 'stopped'));
  return reportOf(judged, [...har.notAsked, ...left], { stopped, notes: notesOf(har, options) });
}

/** Compares what a HAR recorded of legacy with what the candidate answers now. */
export async function replayRecorded(
  har: HarQuestions,
  askCandidate: AskCandidate,
  rulesOf: RulesOf,
  options: AskOptions,
): Promise<ReplayReport> {
  const compare = recordedComparer(rulesOf, randomBytes(32));
  const [recorded, lacking] = answersOf(har.asked);
  const { results } = await askAll(
    [...recorded.keys()],
    async (item) => {
      const candidate = await askCandidate(item);
      return 'failed' in candidate
        ? failed(item, candidate.failed)
        : compare({ ...item, legacy: recorded.get(item)!, candidate });
    },
    options,
  );
  const notes = [...notesOf(har, options), 'Legacy was not asked: what changed since the recording is a difference.'];
  return reportOf(
    results.map(({ result }) => result),
    [...har.notAsked, ...lacking],
    { stopped: undefined, notes },
  );
}

/** Compares two recordings of the same questions. Asks nobody. */
export function compareHars(legacy: HarQuestions, candidate: HarQuestions, rulesOf: RulesOf): ReplayReport {
  const compare = recordedComparer(rulesOf, randomBytes(32));
  const { pairs, unpaired } = pairEntries(legacy.asked, candidate.asked);
  const results: ReplayResult[] = [];
  const left: NotAsked[] = [];
  for (const pair of pairs) {
    const ours = harAnswer(pair.legacy.entry, pair.legacy.origin);
    const theirs = harAnswer(pair.candidate.entry, pair.candidate.origin);
    if (ours.ok && theirs.ok) results.push(compare({ ...pair.legacy, legacy: ours.answer, candidate: theirs.answer }));
    else if (ours.ok && !theirs.ok && theirs.reason === 'legacy-5xx') {
      results.push(failed(pair.legacy, `it answered ${pair.candidate.entry.response.status}`));
    } else if (!ours.ok) left.push(notAsked(pair.legacy, ours.reason));
    else if (!theirs.ok) left.push(notAsked(pair.candidate, theirs.reason));
  }
  const others = [...legacy.notAsked, ...candidate.notAsked, ...unpaired, ...left];
  return reportOf(results, others, {
    stopped: undefined,
    notes: ['Nobody was asked: what changed between the recordings is a difference.'],
  });
}

function answersOf(asked: readonly HarAsked[]): [Map<HarAsked, HttpAnswer>, NotAsked[]] {
  const answers = new Map<HarAsked, HttpAnswer>();
  const lacking: NotAsked[] = [];
  for (const each of asked) {
    const answer = harAnswer(each.entry, each.origin);
    if (answer.ok) answers.set(each, answer.answer);
    else lacking.push(notAsked(each, answer.reason));
  }
  return [answers, lacking];
}

/** That both sides turn away who is not known says nothing of the answer that was recorded. */
function withoutRefused({ entry: { response } }: HarAsked, result: ReplayResult): ReplayResult {
  const { status } = result.legacyStatus === undefined ? { status: 0 } : { status: result.legacyStatus };
  const wasAnswered = response.status >= 200 && response.status < 300;
  const isTurnedAway = refusals.has(status) || (status >= 300 && status < 400);
  if (!wasAnswered || !isTurnedAway || result.verdict === 'mismatch') return result;
  return { ...result, verdict: 'undetermined', reason: 'credentials', differences: [] };
}

function failed({ feature, route, question }: HarAsked, reason: string): ReplayResult {
  const path = 'error failed';
  return {
    feature,
    route,
    question: `${question.method} ${question.target}`,
    verdict: 'error',
    reason: 'failed',
    differences: [{ kind: 'error', path, at: path, legacy: undefined, candidate: reason, critical: false }],
    legacyStatus: undefined,
    legacyMs: undefined,
  };
}

function notAsked({ question }: HarAsked, reason: string): NotAsked {
  return { question: `${question.method} ${question.target}`, reason };
}

function notesOf({ asked }: HarQuestions, { given }: AskOptions): string[] {
  const withCredentials = asked.filter(({ hadCredentials }) => hadCredentials).length;
  if (withCredentials === 0 || given.length > 0) return [];
  return [
    `${withCredentials} of ${asked.length} questions were recorded with cookies or credentials and are asked without (--cookie, --header).`,
  ];
}

/** What a candidate says of its failure is text of unknown content. */
function redacted(result: ReplayResult, question: string, redactor: Redactor): ReplayResult {
  const differences = result.differences.map((difference) =>
    difference.kind === 'error' && difference.candidate !== undefined
      ? { ...difference, candidate: errorText(difference.candidate, redactor) }
      : difference,
  );
  return { ...result, question, differences };
}

function reportOf(
  results: readonly ReplayResult[],
  notAskedEntries: readonly NotAsked[],
  more: Pick<ReplayReport, 'stopped' | 'notes'>,
): ReplayReport {
  // Questions that were never asked have not been redacted by the rules of a feature, and failures by nobody.
  const redactor = createRedactor(randomBytes(32));
  const shown = (question: string): string => redactor.target(question).slice(0, MAX_QUESTION);
  return {
    source: 'har',
    at: new Date().toISOString(),
    verdicts: countVerdicts(results),
    outcomes: [],
    groups: groupResults(results.map((result) => redacted(result, shown(result.question), redactor))),
    left: listLeftOut(
      notAskedEntries.map(({ question, reason }) => ({ question: shown(question), reason })),
      results,
    ),
    ...more,
  };
}
