import type { DeadLetterReport } from '../app/dead-letter-reports.ts';
import { publishedEvents } from '../config/publish-definition.ts';
import { formatCount, formatDuration, printable } from './format.ts';
import type { Palette } from './palette.ts';
import { renderTable } from './render-table.ts';

/** `fig dead-letters list` for people. `now` in milliseconds since the epoch. */
export function renderDeadLetters(letters: readonly DeadLetterReport[], palette: Palette, now = Date.now()): string {
  if (letters.length === 0) return `${palette.green('no dead letters')}\n`;
  const table = renderTable(
    [
      { title: 'id', align: 'right' },
      { title: 'feature' },
      { title: 'what' },
      { title: 'attempts', align: 'right' },
      { title: 'changes since', align: 'right' },
      { title: 'next' },
      { title: 'error' },
    ],
    letters.map((letter) => [
      String(letter.id),
      palette.bold(letter.feature),
      placeText(letter),
      formatCount(letter.attempts),
      formatCount(letter.changesSince),
      nextText(letter, now),
      printable(`${letter.code} ${letter.message}`),
    ]),
    palette,
  );
  return `${table}\n`;
}

/** `fig dead-letters show` for people. */
export function renderDeadLetter(letter: DeadLetterReport, palette: Palette, now = Date.now()): string {
  const lines: [string, string][] = [
    ['feature', `${letter.feature} (read model ${letter.readModel})`],
    ['what', placeText(letter)],
    ['error', printable(`${letter.code} ${letter.message}`)],
    ['attempts', `${formatCount(letter.attempts)}, the first ${letter.firstAt}, the last ${letter.lastAt}`],
    ['next', nextText(letter, now)],
    [
      'changes',
      `${formatCount(letter.changesSince)} since, ${letter.kind === 'change' || letter.kind === 'message' ? 'waiting for it' : 'all of them in the mirror'}`,
    ],
    ['reads', readsText(letter)],
  ];
  const text = lines.map(([label, value]) => `${palette.dim(label.padEnd(12))}${value}`).join('\n');
  return `${palette.bold(`dead letter ${letter.id}`)}\n${text}\n`;
}

function placeText({ kind, key, source, sourceKey }: DeadLetterReport): string {
  if (kind === 'build') return printable(`key ${key}`);
  if (kind === 'model') return printable(`every key (tried with ${key})`);
  if (kind === 'message') return printable(`event of ${source} about ${sourceKey?.join(', ') ?? ''}`);
  if (kind === 'change') {
    // An event is found by its key, a change by its row.
    const what = source === 'domain event' ? 'domain event of key' : `change of ${source}`;
    return printable(`${what} ${sourceKey?.join(', ') ?? '(all rows)'}`);
  }
  const row = `${source} ${sourceKey?.join(', ')}`;
  return printable(kind === 'dirty' ? `dirty of ${row}` : `mirror of ${row}`);
}

function readsText({ kind, feature }: DeadLetterReport): string {
  if (feature === publishedEvents) return 'none: it is not published, and later events of its key wait behind it';
  if (kind === 'build') return 'of this key, and of lists, go to legacy';
  if (kind === 'message') return 'of the keys that eventKeyOf names go to legacy; without it, those of the feature';
  if (kind === 'change')
    return 'of the keys that keyOf (of events: eventKeyOf) names go to legacy; without it, those of the feature';
  return 'of the feature go to legacy';
}

function nextText({ nextAt }: DeadLetterReport, now: number): string {
  if (nextAt === undefined) return 'when asked for';
  const wait = Date.parse(nextAt) - now;
  return wait <= 0 ? 'now' : `in ${formatDuration(wait)}`;
}
