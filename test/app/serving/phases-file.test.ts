import * as fc from 'fast-check';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPhaseKeeper } from '../../../src/app/serving/keep-phases.ts';
import { loadPhases, ownerOf, phasesPath, savePhases } from '../../../src/app/serving/phases-file.ts';
import { silentLog, type Log } from '../../../src/kernel/log.ts';
import type { RoutingSnapshot } from '../../../src/kernel/phase.ts';

const owner = ownerOf({ name: 'shop', features: [{ name: 'orders', fingerprint: 'f1' }] });
const live = (revision: number): RoutingSnapshot => ({
  revision,
  features: new Map([['orders', { feature: 'orders', reads: { phase: 'live', percent: 100 } }]]),
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fig-phases-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('what was kept comes back, marked as from disk, the kill switch included', async () => {
  const killSwitch = { at: '2026-01-01T00:00:00Z', why: 'prices', who: 'ada' };
  await savePhases(folder, owner, { ...live(3), killSwitch });
  expect(await loadPhases(folder, owner, silentLog)).toEqual({ ...live(3), killSwitch, isFromDisk: true });
  expect(await readdir(dirname(phasesPath(folder)))).toEqual(['phases.json']);
});

it('what is corrupt, cut, edited, of another migration or of other code is ignored with a warning', async () => {
  const whys: unknown[] = [];
  const log: Log = { ...silentLog, warn: ({ why }) => whys.push(why) };
  expect(await loadPhases(folder, owner, log)).toBeUndefined();
  await savePhases(folder, owner, live(3));
  expect(await loadPhases(folder, { ...owner, migration: 'other' }, log)).toBeUndefined();
  const newer = ownerOf({ name: 'shop', features: [{ name: 'orders', fingerprint: 'f2' }] });
  expect(await loadPhases(folder, newer, log)).toBeUndefined();
  const text = await readFile(phasesPath(folder), 'utf8');
  for (const broken of ['', '{}', text.slice(0, -20), text.replace('100', '99'), text.replace('"live"', '"canary"')]) {
    await writeFile(phasesPath(folder), broken);
    expect(await loadPhases(folder, owner, log)).toBeUndefined();
  }
  expect(whys).toEqual([
    expect.stringContaining('ENOENT'),
    'it is of the migration shop',
    'it is of other features or other code',
    'it is not JSON',
    expect.any(String),
    'it is not JSON',
    expect.any(String),
    expect.any(String),
  ]);
});

it('no change of any one byte is taken for what was kept', async () => {
  await savePhases(folder, owner, live(3));
  const bytes = await readFile(phasesPath(folder));
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= flip;
      await writeFile(phasesPath(folder), changed);
      const loaded = await loadPhases(folder, owner, silentLog);
      // White space between the values may change; the values may not.
      expect(loaded === undefined || loaded.revision === 3).toBe(true);
      expect(loaded?.features ?? live(3).features).toEqual(live(3).features);
    }),
  );
});

it('of many phases in a row the last one is on disk in the end', async () => {
  const keeper = startPhaseKeeper(folder, owner, silentLog);
  for (let revision = 1; revision <= 50; revision += 1) keeper.keep(live(revision));
  await keeper.stop();
  expect(await loadPhases(folder, owner, silentLog)).toMatchObject({ revision: 50 });
});
