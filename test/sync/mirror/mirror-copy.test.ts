import { expect, test } from 'vitest';
import { MirrorCopy } from '../../../src/sync/mirror/mirror-copy.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const columns = [
  { name: 'part', type: 'text' },
  { name: 'n', type: 'integer' },
  { name: 'said', type: 'text' },
];

function lines(from: number, to: number, said: string): Buffer {
  return Buffer.from(Array.from({ length: to - from }, (_, i) => `a\\\\b\t${from + i}\t${said}\n`).join(''));
}

test('copied rows are written over those that the stream has brought already, as often as that happens', async () => {
  await using database = await createTestDatabase();
  const db = openTarget(database.url);
  try {
    await db.raw('CREATE TABLE mirror (part text, n int, said text, PRIMARY KEY (part, n))');
    await db.raw(`INSERT INTO mirror VALUES ('a\\b', 150, 'from the stream'), ('a\\b', 999, 'from the stream')`);
    const copy = new MirrorCopy('mirror', columns, ['part', 'n']);
    for (let chunk = 0; chunk < 30; chunk += 1) {
      await db.transaction((tx) => copy.land(tx, lines(chunk * 40, chunk * 40 + 40, 'copied')));
    }
    await db.transaction((tx) => copy.land(tx, Buffer.alloc(0)));
    const { rows } = await db.raw('SELECT part, said, count(*)::int AS n FROM mirror GROUP BY 1, 2');
    expect(rows).toEqual([{ part: String.raw`a\b`, said: 'copied', n: 1_200 }]);
  } finally {
    await db.destroy();
  }
});

test('an error that is not about rows that are there already is not taken for one', async () => {
  await using database = await createTestDatabase();
  const db = openTarget(database.url);
  try {
    await db.raw('CREATE TABLE mirror (part text, n int, said text, PRIMARY KEY (part, n))');
    const copy = new MirrorCopy('mirror', columns, ['part', 'n']);
    const wrong = Buffer.from('a\tnot a number\tb\n');
    await expect(db.transaction((tx) => copy.land(tx, wrong))).rejects.toMatchObject({ code: '22P02' });
    await db.transaction((tx) => copy.land(tx, lines(0, 3, 'copied')));
    expect((await db.raw('SELECT count(*)::int AS n FROM mirror')).rows).toEqual([{ n: 3 }]);
  } finally {
    await db.destroy();
  }
});
