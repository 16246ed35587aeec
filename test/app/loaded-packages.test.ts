import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { dist } from '../support/fig-process.ts';

test('a process loads the clients of Kafka and MySQL with the first use, not with its start', async () => {
  const entry = pathToFileURL(`${dist}src/app/run-up.js`).href;
  const script = `import('${entry}').then(() => console.log(JSON.stringify(Object.keys(require.cache))))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], { maxBuffer: 1 << 24 });
  const files = JSON.parse(stdout) as string[];
  const packages = new Set(files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]));
  expect(packages).toContain('knex');
  expect(packages).not.toContain('kafkajs');
  expect(packages).not.toContain('mysql2');
});
