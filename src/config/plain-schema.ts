import { z } from 'zod';

/** Values that several parts of a config are made of. */
export const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'lower case letters, digits and underscores, at most 40, starting with a letter');

export const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'a postgres:// URL');
/** Where the events come from a connector for MySQL, the legacy database is one. */
export const legacyDatabase = z.string().regex(/^(?:postgres(?:ql)?|mysql|mariadb):\/\//, 'a postgres:// URL');
/** A legacy table. */
export const tableName = z.string().regex(/^[^.\s"?]+(\.[^.\s"?]+)?$/, 'a table name, or schema.table');
/** Column(s) of a primary key. */
export const rowKey = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
export const callable = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'a function');
