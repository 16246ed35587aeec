import { expect, test } from 'vitest';
import { judgeDdl, readSchemaChange } from '../../../src/sync/landing/judge-ddl.ts';

const columns = ['id', 'v'].map((name) => ({ name, sourceType: 'int', mirrorType: 'integer' }));
const landed = [{ name: 'a', columns, key: ['id'] }];
const has = (...names: readonly string[]) => ({ columns: names.map((name) => ({ name })) });

/** As MariaDB 10.11 and MySQL 9.7 were told by Debezium 2.6 and 3.3. */
function told(ddl: string, changes: readonly object[], source: object = {}): unknown {
  return { source: { snapshot: null, file: 'binlog.000001', pos: 1758, ...source }, ddl, tableChanges: changes };
}

test.each<[how: string, message: unknown, refused: string | undefined]>([
  [
    'a column comes',
    told('ALTER TABLE a ADD COLUMN w int', [{ type: 'ALTER', id: '"shop"."a"', table: has('id', 'v', 'w') }]),
    undefined,
  ],
  ['an index comes', told('CREATE INDEX zz ON a (id)', []), undefined],
  ['it is emptied, which its own topic tells', told('TRUNCATE TABLE a', []), undefined],
  [
    'an index takes another name',
    told('ALTER TABLE a RENAME INDEX x TO y', [{ type: 'ALTER', id: '"shop"."a"', table: has('id', 'v') }]),
    undefined,
  ],
  [
    'an index takes another name in a statement of several lines',
    told('ALTER TABLE a\n  RENAME\n    INDEX x TO y', [{ type: 'ALTER', id: '"shop"."a"', table: has('id', 'v') }]),
    undefined,
  ],
  [
    'another table is renamed',
    told('RENAME TABLE b TO b2', [{ type: 'ALTER', id: '"shop"."b2"', table: has('id') }]),
    undefined,
  ],
  ['another table goes', told('DROP TABLE `shop`.`aa`', [{ type: 'DROP', id: '"shop"."aa"', table: null }]), undefined],
  [
    'a column goes',
    told('ALTER TABLE a DROP COLUMN v', [{ type: 'ALTER', id: '"shop"."a"', table: has('id') }]),
    'its column v is gone',
  ],
  [
    'a column takes another name',
    told('ALTER TABLE a RENAME COLUMN v TO vv', [{ type: 'ALTER', id: '"shop"."a"', table: has('id', 'vv') }]),
    'its column v is gone',
  ],
  [
    'it takes another name',
    told('RENAME TABLE a TO b2', [{ type: 'ALTER', id: '"shop"."b2"', table: has('id', 'v') }]),
    'renamed',
  ],
  [
    'another takes its name',
    told('RENAME TABLE `a_new` TO `A`', [{ type: 'ALTER', id: '"shop"."a"', table: has('id', 'v') }]),
    'renamed',
  ],
  [
    'it is renamed by ALTER',
    told('ALTER TABLE a RENAME TO b3', [{ type: 'ALTER', id: '"shop"."b3"', table: has('id', 'v') }]),
    'renamed',
  ],
  ['it goes', told('DROP TABLE `shop`.`a`', [{ type: 'DROP', id: '"shop"."a"', table: null }]), 'dropped'],
])('%s', (_how, message, refused) => {
  const refusal = judgeDdl(readSchemaChange(message)!, landed);
  expect(refusal?.code).toBe(refused && 'FIG_SOURCE_CHANGED');
  expect(refusal?.message ?? '').toContain(refused ?? '');
});

test('what a snapshot tells of tables has no place in the log', () => {
  const drop = [{ type: 'DROP', id: '"shop"."a"', table: null }];
  expect(readSchemaChange(told('DROP TABLE a', drop, { snapshot: 'true' }))!.place).toBeUndefined();
  expect(readSchemaChange(told('DROP TABLE a', drop))!.place).toEqual({ file: 'binlog.000001', offset: 1758n });
  expect(readSchemaChange({ status: 'BEGIN', id: '0-1-2' })).toBeUndefined();
});
