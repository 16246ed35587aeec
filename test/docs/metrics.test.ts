import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';

it('docs/operating.md names every metric of ours', async () => {
  const page = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const exposed = (await createMetrics().text()).matchAll(/^# TYPE (fig_\w+)/gm);
  const names = Array.from(exposed, ([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
});
