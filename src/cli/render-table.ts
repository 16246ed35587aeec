import Table from 'cli-table3';
import type { Palette } from './palette.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Characters; longer cells are wrapped. */
  readonly width?: number | undefined;
}

export interface TableOptions {
  /** Lines between rows, for cells of several lines. */
  readonly isRuled?: boolean;
}

const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  right: '',
  'right-mid': '',
  mid: '',
  'mid-mid': '',
  middle: '  ',
};
const ruled = { ...none, mid: '─', 'mid-mid': '──', bottom: '─', 'bottom-mid': '──' };

/** A table without frames; empty string for no rows. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  palette: Palette,
  { isRuled = false }: TableOptions = {},
): string {
  if (rows.length === 0) return '';
  const table = new Table({
    head: columns.map(({ title }) => palette.dim(title)),
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: columns.map(({ width }) => width ?? null),
    chars: isRuled ? ruled : none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
