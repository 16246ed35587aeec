import { aligned, machine } from '../report.js';
import { mb } from './run.js';

/** Markdown that reads well in a terminal, too. @param {Awaited<ReturnType<typeof import('./run.js').soak>>} result */
export function summaryOf(result) {
  const { minutes, seed, visitors, restarts, total, fromCandidate, idle, excuses, growth, findings } = result;
  const asked = total.right + total.excused + total.aborted + total.wrong;
  const lines = [
    machine(),
    '',
    `${minutes} minutes, ${visitors} visitors, seed ${seed}; a phase every 10 s, legacy killed or stopped ${restarts} times.`,
    '',
    `- ${asked} exchanges: ${total.right} answered rightly to the last byte, ${total.aborted} broken off by the client on purpose,`,
    `  ${total.excused} failed while legacy was down (${countsOf(excuses) || 'none'}), ${total.wrong} wrong.`,
    `- ${fromCandidate} of them answered by the candidate; ${idle.shadow.compared} exchanges compared by the shadow.`,
    `  Reasons: ${countsOf(idle.reasons)}.`,
    ...growth.map(growthLine),
    `- ${findings.length === 0 ? 'Nothing left open after the last client, and after the stop.' : `${findings.length} findings:`}`,
    ...findings.map((finding) => `  - ${finding}`),
    '',
    aligned(minuteLines(result)),
    aligned(scenarioLines(result)),
  ];
  return `${lines.join('\n').trim()}\n`;
}

function countsOf(counts) {
  const most = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return most.map(([name, count]) => `${name} ${count}`).join(', ');
}

function growthLine({ what, grown, perMinute, isFlat, isJudged }) {
  const name = what === 'rss' ? 'RSS' : 'Heap';
  const verdict = isJudged ? (isFlat ? 'flat' : 'GROWING') : 'too short a run to judge';
  return `- ${name}: ${mb(grown)} MB more at the end than after the warm-up, slope ${mb(perMinute)} MB a minute: ${verdict}.`;
}

function minuteLines({ samples, minutes }) {
  const head = [
    'minute',
    'exchanges/s',
    'heap MB',
    'RSS MB',
    'client connections',
    'connections at legacy',
    'in flight',
  ];
  const rows = [];
  let before = { at: 0, count: 0 };
  for (let minute = 1; minute <= Math.ceil(minutes); minute += 1) {
    const last = samples.findLast((sample) => sample.minutes <= minute);
    if (!last || last.minutes <= before.at) continue;
    const count = Object.values(last.total).reduce((sum, each) => sum + each, 0);
    const perSecond = (count - before.count) / ((last.minutes - before.at) * 60);
    before = { at: last.minutes, count };
    const { load } = last;
    const atLegacy = last.legacy ? String(last.legacy.connections) : 'down';
    rows.push([
      String(minute),
      perSecond.toFixed(0),
      mb(last.heapUsed),
      mb(last.rss),
      String(load.connections),
      atLegacy,
      String(load.inFlight + load.streams),
    ]);
  }
  return [head, ...rows];
}

function scenarioLines({ scenarios }) {
  const head = ['exchange', 'right', 'broken off', 'legacy down', 'wrong'];
  return [
    head,
    ...scenarios.map((each) => [each.name, each.right, each.aborted, each.excused, each.wrong].map(String)),
  ];
}
