import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Versions } from '../support/versions-under-fig.ts';
import { newVersionBesideOneThatServes } from './version-cases.ts';

const dieAtMilestone = fileURLToPath(new URL('fixtures/die-at-milestone.mjs', import.meta.url));

function dying(milestone: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${dieAtMilestone}`, FIG_TEST_DIE_AT: milestone };
}

describe('a new version beside one that serves in live', () => {
  newVersionBesideOneThatServes(1);
});

test('a fig that is killed around the flip comes back with the version that the store says, in the phase it was in', async () => {
  await using versions = await Versions.create(1);
  const force = ['--force', '--why', 'the test'];
  await versions.start('1+2', dying('read-models:swap-begun'));
  await versions.untilBothReady();
  await versions.swap(...force);
  await versions.fig.ended();

  await versions.start('1+2', dying('read-models:swap-committed'));
  expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 1 } });
  await versions.untilServedBy('v1');
  await versions.untilBothReady();
  await versions.swap(...force);
  await versions.fig.ended();

  await versions.start('1+2');
  expect(await versions.feature()).toMatchObject({ phase: 'live', readModel: { version: 2 } });
  await versions.untilServedBy('v2');
  await versions.browse(20);
}, 180_000);
