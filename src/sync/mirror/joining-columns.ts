import type { SourceTable } from '../postgres/catalog.ts';

/** Every value of these fits into an entry of a B-tree. */
const bounded =
  /^(?:smallint|integer|bigint|oid|numeric(?:\([\d,-]+\))?|uuid|date|time\b[^[]*|timestamp\b[^[]*|interval|inet|cidr|macaddr8?)$/;
const text = /^(?:text|(?:character varying|character)(?:\((\d+)\))?)$/;
/** Letters of up to four bytes, so many of which fit into an entry, too. */
const MOST_LETTERS = 600;

/**
 * Columns that builds will join by, as far as their names tell: the legacy app's foreign keys, without whose indexes a mirror
 * would be scanned. A text of any length is among them only where legacy's own indexes hold its values.
 */
export function joiningColumns({ columns, indexed }: SourceTable, key: readonly string[]): readonly string[] {
  return columns
    .filter(({ name, mirrorType }) => name.endsWith('_id') && !key.includes(name) && mayIndex(mirrorType, name))
    .map(({ name }) => name);

  function mayIndex(type: string, name: string): boolean {
    if (bounded.test(type)) return true;
    const match = text.exec(type);
    return match !== null && (indexed.includes(name) || (match[1] !== undefined && Number(match[1]) <= MOST_LETTERS));
  }
}
