import { NodeBudget, BeyondBounds, type BodyTree } from './body-tree.ts';
import { isHeaderRow, type HeaderRow } from './csv-header.ts';
import { readRecords } from './csv-records.ts';

/**
 * A body of comma-separated values: `separator`, `columns` (names, in their order) where there surely is a header row, and
 * `rows`: objects by column name, or arrays where no header row is sure. Undefined: the quoting is broken. `isColumn`: whether
 * a text is known for the name of a column.
 */
export function readCsv(
  text: string,
  type: string,
  header: HeaderRow,
  isColumn: (name: string) => boolean,
): BodyTree | undefined {
  if (text === '') return undefined;
  const separator = type === 'text/tab-separated-values' ? '\t' : separatorOf(text);
  const records = readRecords(text, separator);
  if (!records) return undefined;
  try {
    const budget = new NodeBudget();
    for (const record of records) budget.add(record.length + 1);
  } catch (error) {
    if (error instanceof BeyondBounds) return undefined;
    throw error;
  }
  const tree = new Map<string, BodyTree>([['separator', separator]]);
  const [columns = [], ...rows] = records;
  if (!isHeaderRow(columns, rows, header, isColumn)) return tree.set('rows', records);
  return tree.set('columns', columns).set(
    'rows',
    rows.map((row) => byColumn(columns, row)),
  );
}

/** The first line decides: a comma if it has one outside of quotes, else a semicolon or a tab. */
function separatorOf(text: string): string {
  let isQuoted = false;
  let second: string | undefined;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === ',') return ',';
    else if (character === '\n' || character === '\r') break;
    else if (character === ';' || character === '\t') second ??= character;
  }
  return second ?? ',';
}

/** A row that is too short lacks its last columns; what a row has too much stands under its position. */
function byColumn(columns: readonly string[], row: readonly string[]): BodyTree {
  const cells = new Map<string, string>();
  for (const [index, cell] of row.entries()) {
    const name = columns[index];
    if (name !== undefined) cells.set(name, cell);
  }
  for (let index = columns.length; index < row.length; index += 1) {
    let name = `#${index}`;
    while (cells.has(name)) name = `#${name}`;
    cells.set(name, row[index]!);
  }
  return cells;
}
