import { expect, it } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { migrateStore } from '../../../src/store/control-store.ts';
import { Capture } from '../../../src/sync/capture/capture.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { runSql, serverVersions, startTestServer } from '../../support/postgres-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { caughtUp, differences, reconcile, untilReady } from './reconcile-support.ts';

/** Rows that LATIN1 can hold, with keys that every collation sorts in its own way. */
const legacySchema = [
  `CREATE TABLE people (land char(2) NOT NULL, name text NOT NULL, said text, at timestamptz, PRIMARY KEY (land, name))`,
  `INSERT INTO people SELECT (ARRAY['de', 'DE', 'fr'])[1 + n % 3],
     (ARRAY['Ärmel', 'arm', 'Zoë', 'zoe', 'ÿ', 'straße', 'STRASSE', '_', '-', 'Å'])[1 + n % 10] || n,
     repeat('ä "ß", \\ÿ£ ', CASE WHEN n % 100 = 0 THEN 1000 ELSE 1 END), '2024-02-29 12:34:56.789+02'::timestamptz + n * interval '1 day'
     FROM generate_series(1, 1500) n`,
] as const;

const people = defineReadModel({
  name: 'people',
  version: 1,
  key: 'name',
  table: (t) => {
    t.text('name').primary();
    t.text('said');
  },
  sources: { people: { key: ['land', 'name'], dirty: (row) => [String(row.name)] } },
  build: (keys, mirror) =>
    mirror('people')
      .whereIn('name', [...keys])
      .select('name', 'said'),
});

const databases = {
  'LATIN1, sorted by a language': `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'sv'`,
  'LATIN1, sorted by bytes': `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
  'UTF8, sorted by a language': `ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de'`,
};

it.each(
  serverVersions.flatMap((version) => Object.entries(databases).map(([kind, options]) => ({ version, kind, options }))),
)(
  'rows of a legacy database on PostgreSQL $version, $kind, are equal where they are, and found where they are not',
  { timeout: 60_000 },
  async ({ version, options }) => {
    await using server = await startTestServer(version);
    await runSql(server.url('postgres'), `CREATE DATABASE legacy TEMPLATE template0 ${options}`);
    const url = server.url('legacy');
    await runSql(url, ...legacySchema);
    await using database = await createTestDatabase();
    const target = openTarget(database.url);
    await migrateStore(target);
    const capture = new Capture({
      url,
      migration: 'servers',
      target,
      readModels: [people],
      log: silentLog,
      onProgress: () => undefined,
      onPosition: () => undefined,
    });
    try {
      await untilReady(capture, 'people');
      await runSql(
        url,
        `UPDATE people SET said = said || 'é' WHERE land = 'de'`,
        `UPDATE people SET at = at + interval '1 second' WHERE length(said) > 1000`,
        `INSERT INTO people VALUES ('fr', 'Çédille', 'ça va')`,
        `DELETE FROM people WHERE name LIKE 'Å%'`,
      );
      await caughtUp(capture, 'people');
      const clean = await reconcile(capture, {}, 'people');
      expect(differences(clean)).toEqual({});
      expect(clean.parts[0]).toMatchObject({ name: 'public.people', rows: 1_351 });

      await runSql(
        database.url,
        `DELETE FROM mirror_people_v1.people WHERE name IN ('Ärmel10', 'zoe3', 'Çédille')`,
        `INSERT INTO mirror_people_v1.people (land, name) VALUES ('fr', 'œuvre'), ('de', 'zzz')`,
        `UPDATE mirror_people_v1.people SET said = replace(said, 'ä', 'a') WHERE name IN ('arm1', 'straße5')`,
      );
      const found = await reconcile(capture, {}, 'people');
      expect(differences(found)['public.people']).toBe('missing 3, extra 2, different 2');
      expect((await reconcile(capture, { repair: true }, 'people')).state).toBe('repaired');
      expect((await reconcile(capture, {}, 'people')).state).toBe('clean');
      const sums = `SELECT count(*)::int AS n, md5(string_agg(md5(convert_to(name || said, 'UTF8')), '' ORDER BY convert_to(name, 'UTF8'))) AS sum FROM`;
      expect(await runSql(database.url, `${sums} rm_people_v1.people`)).toEqual(await runSql(url, `${sums} people`));
    } finally {
      await capture.stop();
      await target.destroy();
    }
  },
);
