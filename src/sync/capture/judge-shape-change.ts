import type { Suspicion } from '../../store/source-shape-store.ts';
import type { ShapeColumn, SourceShape } from '../postgres/source-shape.ts';

/** What a change of a legacy table asks for, the least first. */
export type ShapeEffect =
  /** Nothing: rows and columns are what they were. */
  | 'none'
  /** Rows are what they were; whether the table may be captured must be looked at again. */
  | 'check'
  /** Columns came that are the same in every row from before: the mirror gets them so, nothing is copied. */
  | 'extend'
  /** Columns came, and nobody knows what older rows have in them: these columns are copied. */
  | 'fill'
  /** Values changed that no change of a row tells: the table is copied again. */
  | 'recopy';

export interface ShapeChange {
  readonly effect: ShapeEffect;
  /** For the log. */
  readonly reasons: readonly string[];
  /** Columns to copy by themselves, where that is the effect. */
  readonly fill: readonly string[];
}

/** Pure: what happened to a table between two looks at the catalog. */
export function judgeShapeChange(before: SourceShape, after: SourceShape, suspicion?: Suspicion): ShapeChange {
  const isSame = before.oid === after.oid;
  const recopy = isSame ? [...columnReasons(before, after)] : ['it was dropped and made again'];
  if (suspicion === 'unpublished' || wasAltered(before, after))
    recopy.unshift('changes of it may not have been published for a while');
  if (suspicion === 'identity') recopy.unshift('its replica identity did not tell its key for a while');
  const came = isSame ? added(before, after) : [];
  const joining = new Set(isSame ? joiningColumns(before, after) : []);
  const fill = came.filter((column) => !joining.has(column)).map(({ name }) => name);
  const reasons = [
    ...recopy,
    ...fill.map((name) => `column ${name} was added with values`),
    ...[...joining].map(({ name }) => `column ${name} was added`),
  ];
  if (suspicion === 'relation' && reasons.length === 0) {
    return { effect: 'recopy', reasons: ['its columns changed and changed back'], fill: [] };
  }
  if (recopy.length > 0) return { effect: 'recopy', reasons, fill: [] };
  if (fill.length > 0) return { effect: 'fill', reasons, fill };
  if (joining.size > 0) return { effect: 'extend', reasons, fill: [] };
  const check = checkReasons(before, after);
  return { effect: check.length > 0 ? 'check' : 'none', reasons: check, fill: [] };
}

/** Columns that were added and have one value, known from the catalog, in all rows that were there. */
export function joiningColumns(before: SourceShape, after: SourceShape): readonly ShapeColumn[] {
  // A file that was written anew may hold a default that the catalog does not tell of any more.
  if (before.file !== after.file) return [];
  return added(before, after).filter(
    ({ hasMissing, missing, number }) =>
      (!hasMissing || (missing !== undefined && missing !== null)) && number > lastNumber(before),
  );
}

function columnReasons(before: SourceShape, after: SourceShape): readonly string[] {
  const reasons: string[] = [];
  const isRewritten = before.file !== after.file;
  for (const old of before.columns) {
    const now = after.columns.find(({ number }) => number === old.number);
    if (!now) reasons.push(`column ${old.name} was dropped`);
    else if (now.name !== old.name) reasons.push(`column ${old.name} was renamed to ${now.name}`);
    else if (now.type !== old.type) reasons.push(`column ${old.name} is ${now.type} now, it was ${old.type}`);
    // Either alone is harmless: VACUUM FULL writes the file anew, SET NOT NULL touches the catalog.
    else if (isRewritten && now.version !== old.version) reasons.push(`column ${old.name} was rewritten`);
    else if (differs(old.labels, now.labels)) reasons.push(`a label of the enum in column ${old.name} was renamed`);
    else if (differs(old.composites, now.composites)) {
      reasons.push(`the composite type in column ${old.name} has other attributes`);
    }
  }
  return reasons;
}

/** A publication that was altered, also if that was undone, may have kept changes back. */
function wasAltered({ published: before }: SourceShape, { published: after }: SourceShape): boolean {
  return before !== undefined && after !== undefined && before !== after;
}

function added(before: SourceShape, after: SourceShape): readonly ShapeColumn[] {
  return after.columns.filter(({ number }) => !before.columns.some((old) => old.number === number));
}

/** Of generated ones, too: such a column is no new one when its expression is dropped. */
function lastNumber({ columns, generated = [] }: SourceShape): number {
  return Math.max(0, ...[...columns, ...generated].map(({ number }) => number));
}

/** Of what was there before; a label that was added changes no value. */
function differs(before: ShapeColumn['labels'] | undefined, after: ShapeColumn['labels'] | undefined): boolean {
  return Object.entries(before ?? {}).some(([id, text]) => (after?.[id] ?? text) !== text);
}

function checkReasons(before: SourceShape, after: SourceShape): readonly string[] {
  const reasons: string[] = [];
  if (before.replicaIdentity !== after.replicaIdentity || before.identityKey !== after.identityKey) {
    reasons.push('its replica identity is another');
  }
  if (before.children !== after.children) reasons.push('other tables inherit from it');
  return reasons;
}
