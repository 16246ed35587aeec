import type { TailItem } from '../app/tail/event-tail.ts';
import { formatCount, formatMs, printable } from './format.ts';
import type { Palette } from './palette.ts';

/** `10:15:00.123  update    public.orders 4711 (status)  0/4A1C2F8  12 ms` and a line end. */
export function renderTailItem(item: TailItem, palette: Palette): string {
  if ('lost' in item)
    return `${palette.yellow(`${formatCount(item.lost)} lines are missing here: they came faster than they were read`)}\n`;
  const { what, type, table, key, changed, position, committedAt, lagMs } = item;
  const named = what === 'event' ? palette.cyan(printable(type)) : paintKind(type.padEnd(8), palette);
  const columns = changed === undefined ? '' : palette.dim(` (${printable(changed.join(', '))})`);
  return [
    palette.dim(committedAt.slice(11, 23)),
    named,
    `${printable(table)}${key === undefined ? '' : ` ${palette.bold(printable(key))}`}${columns}`,
    palette.dim(position),
    `${formatMs(lagMs)}\n`,
  ].join('  ');
}

function paintKind(kind: string, palette: Palette): string {
  if (kind.startsWith('insert')) return palette.green(kind);
  return kind.startsWith('update') ? palette.yellow(kind) : palette.red(kind);
}
