import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceDemand } from '../../../src/sync/postgres/preflight/finding.ts';
import { runSql, serverVersions, startTestServer, type TestServer } from '../../support/postgres-server.ts';
import { inspect, names, stateOf } from './inspect.ts';

/** Table, what is wrong with it, and what preflight calls it. */
const faults: readonly { table: string; sql: string; key?: string; found: readonly string[] }[] = [
  { table: 'good', sql: 'CREATE TABLE good (id int PRIMARY KEY, note text)', found: [] },
  { table: 'no_such', sql: 'SELECT 1', found: ['error table-missing'] },
  { table: 'no_key', sql: 'CREATE TABLE no_key (id int)', found: ['error replica-identity'] },
  {
    table: 'nothing',
    sql: 'CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING',
    found: ['error replica-identity'],
  },
  {
    table: 'index_gone',
    sql: `CREATE TABLE index_gone (id int PRIMARY KEY, code int NOT NULL); CREATE UNIQUE INDEX code_ix ON index_gone (code);
          ALTER TABLE index_gone REPLICA IDENTITY USING INDEX code_ix; DROP INDEX code_ix`,
    found: ['error replica-identity'],
  },
  {
    table: 'deferrable_key',
    sql: 'CREATE TABLE deferrable_key (id int PRIMARY KEY DEFERRABLE)',
    found: ['error replica-identity'],
  },
  {
    table: 'deferrable_full',
    sql: 'CREATE TABLE deferrable_full (id int PRIMARY KEY DEFERRABLE); ALTER TABLE deferrable_full REPLICA IDENTITY FULL',
    found: ['error key-deferrable'],
  },
  {
    table: 'full_identity',
    sql: 'CREATE TABLE full_identity (id int PRIMARY KEY); ALTER TABLE full_identity REPLICA IDENTITY FULL',
    found: ['warning replica-identity-full'],
  },
  {
    table: 'other_key',
    sql: 'CREATE TABLE other_key (id int PRIMARY KEY, code int)',
    key: 'code',
    found: ['error key-not-identity'],
  },
  {
    table: 'other_identity',
    sql: `CREATE TABLE other_identity (id int PRIMARY KEY, code int NOT NULL UNIQUE);
          ALTER TABLE other_identity REPLICA IDENTITY USING INDEX other_identity_code_key`,
    found: ['error key-not-identity'],
  },
  { table: 'no_column', sql: 'CREATE TABLE no_column (key int PRIMARY KEY)', found: ['error key-columns'] },
  {
    table: 'parts',
    sql: 'CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id)',
    found: ['error not-a-table'],
  },
  { table: 'a_view', sql: 'CREATE VIEW a_view AS SELECT 1 AS id', found: ['error not-a-table'] },
  {
    table: 'far_away',
    sql: `CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
          CREATE FOREIGN TABLE far_away (id int) SERVER far`,
    found: ['error not-a-table'],
  },
  { table: 'unlogged', sql: 'CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY)', found: ['error not-logged'] },
  {
    table: 'parent',
    sql: 'CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child () INHERITS (parent)',
    found: ['error inheritance'],
  },
  {
    table: 'generated',
    sql: 'CREATE TABLE generated (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)',
    found: ['info generated-columns'],
  },
  {
    table: 'own_types',
    sql: `CREATE TYPE mood AS ENUM ('calm'); CREATE TABLE own_types (id int PRIMARY KEY, mood mood, paid money, what regclass)`,
    found: ['info types-as-text'],
  },
  {
    table: 'Odd Name',
    sql: 'CREATE TABLE "Odd Name" (id int)',
    found: ['error replica-identity'],
  },
];

const demands: readonly SourceDemand[] = faults.map(({ table, key = 'id' }) => ({
  table: `public.${table}`,
  key: [key],
}));

describe.each(serverVersions)('tables on PostgreSQL %i', (version) => {
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    server = await startTestServer(version);
    url = await server.createDatabase('shop');
    await runSql(url, ...faults.map(({ sql }) => sql));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('every fault is named with its remedy, what is sound is not, and nothing is changed', async () => {
    const before = await stateOf(url);
    const findings = await inspect(url, demands);
    expect(names(findings)).toEqual(
      faults.flatMap(({ table, found }) => found.map((name) => `${name} public.${table}`)).toSorted(),
    );
    for (const { problem, remedy } of findings) expect([problem, remedy]).not.toContain('');
    expect(findings.find(({ subject }) => subject === 'public.Odd Name')?.remedy).toContain('public."Odd Name"');
    expect(await stateOf(url)).toEqual(before);
  });

  it('the remedy for a missing replica identity, when it is followed, is one', async () => {
    await runSql(url, 'CREATE TABLE to_mend (id int)', 'ALTER TABLE public.to_mend ADD PRIMARY KEY (id)');
    await runSql(
      url,
      'CREATE TABLE set_to_nothing (id int PRIMARY KEY); ALTER TABLE set_to_nothing REPLICA IDENTITY NOTHING',
    );
    const asked = [
      { table: 'public.to_mend', key: ['id'] },
      { table: 'public.set_to_nothing', key: ['id'] },
    ];
    const [found] = (await inspect(url, asked)).filter(({ severity }) => severity === 'error');
    await runSql(url, found!.remedy);
    expect(names(await inspect(url, asked))).toEqual([]);
  });

  it('tables that publications of others break already are told of', async () => {
    await runSql(url, 'CREATE PUBLICATION theirs FOR TABLE no_key, nothing, good, full_identity');
    try {
      expect(names(await inspect(url))).toEqual([
        'warning legacy-already-at-risk public.no_key',
        'warning legacy-already-at-risk public.nothing',
      ]);
    } finally {
      await runSql(url, 'DROP PUBLICATION theirs');
    }
  });

  it.each([
    ['error publication-all-tables', 'CREATE PUBLICATION fig_test FOR ALL TABLES'],
    ['info publication-other-tables', 'CREATE PUBLICATION fig_test FOR TABLE good, generated'],
    ['error publication-partial', `CREATE PUBLICATION fig_test FOR TABLE good WITH (publish = 'insert')`],
    ['error publication-filtered', 'CREATE PUBLICATION fig_test FOR TABLE good WHERE (id > 5)'],
    ['error publication-filtered', 'CREATE PUBLICATION fig_test FOR TABLE good (id)'],
  ])('a publication of our name that is not as it must be: %s', async (name, sql) => {
    await runSql(url, sql);
    try {
      const found = names(await inspect(url, [{ table: 'public.good', key: ['id'] }]));
      expect(found.filter((text) => !text.includes('at-risk'))).toEqual([`${name} publication fig_test`]);
    } finally {
      await runSql(url, 'DROP PUBLICATION fig_test');
    }
  });
});
