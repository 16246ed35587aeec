import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/preflight.md explains every id that a finding can have, and no other', async () => {
  const source = await read('src/sync/postgres/preflight/finding.ts');
  const union = source.slice(source.indexOf('FindingId ='), source.indexOf(';', source.indexOf('FindingId =')));
  const ids = [...union.matchAll(/'([a-z-]+)'/g)].map(([, id]) => id);
  const page = await read('docs/preflight.md');
  const told = page
    .split('\n')
    .flatMap((line) => [...(/^\| (`[^|]+) \|/.exec(line)?.[1] ?? '').matchAll(/`([a-z-]+)`/g)]);
  expect(ids.length).toBeGreaterThan(40);
  expect(new Set(told.map(([, id]) => id))).toEqual(new Set(ids));
  expect(told).toHaveLength(ids.length);
});
