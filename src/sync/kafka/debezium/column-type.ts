import type { SourceColumn } from '../../postgres/catalog.ts';

/** A type's name as `format_type` prints it, taken apart. */
export interface ColumnType {
  /** Without modifiers: `numeric`, `timestamp without time zone`, `interval`. */
  readonly base: string;
  /** What stands in brackets: precision and scale, or a length. */
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

/** Pure. Own types of legacy, which are mirrored as text, have the base `text`. */
export function columnType({ mirrorType }: Pick<SourceColumn, 'mirrorType'>): ColumnType {
  const isArray = mirrorType.endsWith('[]');
  const element = isArray ? mirrorType.slice(0, -2) : mirrorType;
  const brackets = /\(([\d,-]+)\)/.exec(element);
  const base = element
    .replace(/\([^)]*\)/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return {
    base: base.startsWith('interval') ? 'interval' : base,
    modifiers: brackets ? brackets[1]!.split(',').map(Number) : [],
    isArray,
  };
}
