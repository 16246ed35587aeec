import { expect, it } from 'vitest';
import { identifySource, logDigest } from '../../../src/sync/postgres/identify-source.ts';
import { createTestDatabase } from '../../support/test-database.ts';

it('the log of a server has one short name, and another one after a failover or in another database', async () => {
  await using database = await createTestDatabase();
  await using other = await createTestDatabase();
  const identity = await identifySource(database.url);
  expect(identity.timeline).toBe(1);
  const name = logDigest(identity);
  expect(name).toMatch(/^[\w-]{8}$/);
  expect(logDigest(await identifySource(database.url))).toBe(name);
  expect(logDigest({ ...identity, timeline: 2 })).not.toBe(name);
  expect(logDigest(await identifySource(other.url))).not.toBe(name);
});
