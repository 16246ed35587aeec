import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import type { EventReadModelDefinition } from '../../../src/config/event-read-model.ts';
import { describeTable, type SourceTable } from '../../../src/sync/postgres/catalog.ts';
import { Projection } from '../../../src/sync/projection/projection.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { tally, tallySchema } from './tally-model.ts';

/** Walked in two pages. */
export const rows = 250;

async function readTables({ legacy, legacyUrl }: SyncSetup): Promise<ReadonlyMap<string, SourceTable>> {
  await legacy.raw(tallySchema);
  const client = new Client({ connectionString: legacyUrl });
  await client.connect();
  try {
    const names = ['public.moves', 'public.tags'];
    return new Map(await Promise.all(names.map(async (name) => [name, (await describeTable(client, name))!] as const)));
  } finally {
    await client.end();
  }
}

/** A tally whose mirror has its rows, as two processes know it: one that stood still, and one that took over. */
export async function twoOwners(model: EventReadModelDefinition = tally(1), other = model, waiting = 10_000) {
  const setup = await setupSync();
  onTestFinished(() => setup[Symbol.asyncDispose]());
  const { target } = setup;
  const tables = await readTables(setup);
  const open = (it: EventReadModelDefinition): Projection =>
    new Projection(target, it, tables, { letters: 100, waiting });
  const [one, two] = [open(model), open(other)];
  await one.claim();
  await one.restart('f', 100n, 1);
  for (const source of tables.keys()) one.copies.begin(source);
  await target.raw(
    `INSERT INTO mirror_tally_v1.moves (id, grp, n, rev, at)
     SELECT n, 'g' || n % 5, n, 0, now() FROM generate_series(1, ${rows}) n`,
  );
  return { target, one, two, unmade: () => open(model) };
}

/** The same, about to be walked. */
export async function building(...models: Parameters<typeof twoOwners>) {
  const made = await twoOwners(...models);
  await made.one.startBuilding();
  await made.two.resume('f');
  return made;
}
