import { FigError } from '../../kernel/fig-error.ts';
import { columnOfField } from '../kafka/debezium/column-of-field.ts';
import type { ConnectField } from '../kafka/debezium/connect-message.ts';
import type { LandedTable } from './mysql-catalog.ts';

/**
 * Looks at each schema that rows of a table come with, and throws FIG_SOURCE_CHANGED where a column is gone, or is of another type
 * than in the schema before. `isExact`: than in the table itself, which was made from a schema.
 */
export function columnJudge(
  { name: table, columns }: LandedTable,
  { isExact }: { readonly isExact: boolean },
): (fields: readonly ConnectField[]) => void {
  let before = isExact ? new Map(columns.map(({ name, mirrorType }) => [name, mirrorType])) : undefined;
  return (fields) => {
    const all = new Map(fields.map((field) => [field.field, columnOfField(field).mirrorType]));
    const now = new Map<string, string>();
    for (const { name } of columns) {
      const type = all.get(name);
      if (type === undefined) throw tableChanged(table, `its column ${name} is gone`);
      const was = before?.get(name) ?? type;
      if (was !== type) throw tableChanged(table, `its column ${name} was ${was} and is ${type}`);
      now.set(name, type);
    }
    before = now;
  };
}

export function tableChanged(table: string, how: string): FigError {
  return new FigError('FIG_SOURCE_CHANGED', `the legacy table ${table} was changed: ${how}`, {
    remedy: 'Land anew: see "To land anew" in docs/mysql-family.md.',
  });
}
