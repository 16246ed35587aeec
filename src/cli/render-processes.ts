import type { ProcessReport } from '../app/control.ts';
import { formatCount, formatDuration, printable } from './format.ts';
import type { Palette } from './palette.ts';
import { renderTable } from './render-table.ts';

/** The processes of a migration, for people; nothing where there is but one. */
export function renderProcesses(
  processes: readonly ProcessReport[],
  palette: Palette,
  now: number = Date.now(),
): string {
  if (processes.length === 0) return '';
  const table = renderTable(
    [
      { title: 'process' },
      { title: 'where' },
      { title: 'state' },
      { title: 'up', align: 'right' },
      { title: 'requests', align: 'right' },
      { title: 'address' },
    ],
    processes.map((each) => [
      palette.bold(each.role),
      printable(`${each.host} ${each.pid}`),
      stateText(each, palette),
      formatDuration(now - Date.parse(each.startedAt)),
      each.requests === undefined ? '' : formatCount(each.requests),
      printable(each.proxy ?? each.admin ?? ''),
    ]),
    palette,
  );
  const notes = processes.flatMap((each) => noteOn(each, palette));
  return [table, ...notes].join('\n');
}

function stateText({ state, seenSecondsAgo }: ProcessReport, palette: Palette): string {
  if (state === 'gone') return palette.red(`gone for ${formatDuration(seenSecondsAgo * 1_000)}`);
  return state === 'serving' ? state : palette.yellow(state);
}

/** What somebody has to do something about. */
function noteOn({ role, host, pid, hasSameConfig, state }: ProcessReport, palette: Palette): string[] {
  if (hasSameConfig || state === 'gone') return [];
  return [palette.yellow(printable(`${role} on ${host} (process ${pid}) has another config than control`))];
}
