import { NodeBudget, BeyondBounds, type BodyTree } from './body-tree.ts';
import { readRecords } from './csv-records.ts';

/** What is said of a header row: by the `header` parameter of text/csv (RFC 4180 section 3), or nothing. */
export type HeaderRow = 'present' | 'absent' | undefined;

/**
 * A body of comma-separated values: `separator`, `columns` (names, in their order) where there surely is a header row, and
 * `rows`: objects by column name, or arrays where no header row is sure. Undefined: the quoting is broken.
 */
export function readCsv(text: string, type: string, header: HeaderRow): BodyTree | undefined {
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
  if (header === 'absent' || !areNames(columns, header === 'present')) return tree.set('rows', records);
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

/** A letter first, and nothing that looks like data: no date, no e-mail address, no sentence. */
const nameLike = /^[\p{L}_][\p{L}\p{N}_ .()#%/-]{0,63}$/u;

/**
 * Whether a first row is names. Two columns at least, because a single one may as well be a list of words. What is taken for
 * names is compared too, so that a wrong guess never hides a difference.
 */
function areNames(row: readonly string[], isSaid: boolean): boolean {
  if (new Set(row).size !== row.length) return false;
  return isSaid || (row.length > 1 && row.every((cell) => nameLike.test(cell)));
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
