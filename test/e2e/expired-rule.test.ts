import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { FeatureReport } from '../../src/app/reports/feature-report.ts';
import { CountersUnderFig } from '../support/counters-under-fig.ts';
import { runFig } from '../support/fig-process.ts';
import { until } from '../support/until.ts';

const counters = 40;
const config = fileURLToPath(new URL('fixtures/ruled.config.ts', import.meta.url));

it('a rule that has expired goes on to hide what it hides, and fails the gate of a fig that runs', async () => {
  await using world = await CountersUnderFig.create(counters);
  await using fig = await world.startFig(1, {}, config);
  await world.stepTo(fig, 'shadow');
  const client = await fig.client();
  const report = async (): Promise<FeatureReport> => (await client.report('counters')).value;
  await until('all that was asked has been compared', async () => {
    for (let id = 1; id <= counters; id += 1) await world.ask('GET', id, 'ada');
    return (await report()).comparisons.match >= counters;
  });

  const { comparisons, gate, rules } = await report();
  expect(comparisons.mismatch).toBe(0);
  expect(gate.result).toBe('FAIL');
  expect(gate.reason).toBe('the ignore rule $.from of all routes expired on 2025-12-31');
  const [ignore] = rules;
  expect(ignore).toMatchObject({ rule: 'ignore', where: '$.from', expires: '2025-12-31', isExpired: true });
  expect(ignore!.hidden!.answers).toBeGreaterThanOrEqual(counters);
  expect(ignore!.hidden!.share).toBe(1);

  const promoted = await client.promote('counters', { who: 'ada' });
  expect(promoted.value).toMatchObject({ moved: false, gate: 'FAIL', reason: gate.reason });
  const { code, stdout } = await runFig(fig.cwd, ['report', 'counters', '--fail-on', 'gate']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/ignore +\$\.from +not compared; hid a difference in .*EXPIRED on 2025-12-31/);
}, 120_000);
