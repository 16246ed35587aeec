// Types, lint, format, import rules and dead code. Every step runs even when an earlier one failed.
import { spawnSync } from 'node:child_process';

// dependency-cruiser exits green over zero modules when it cannot read TypeScript, so the count has a floor.
const MODULES_FLOOR = 60;

/** @type {{ name: string, command: string, args: string[] }[]} */
const steps = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'lint', command: 'oxlint', args: ['--deny-warnings'] },
  { name: 'format', command: 'oxfmt', args: ['--check', '.'] },
  {
    name: 'imports',
    command: 'depcruise',
    args: ['src', 'proxy', 'shadow', 'migrations', 'examples', 'test', '--config', '.dependency-cruiser.json'],
  },
  { name: 'dead code', command: 'knip', args: [] },
];

let failed = 0;
for (const { name, command, args } of steps) {
  const run = spawnSync('npx', ['--no-install', command, ...args], { encoding: 'utf8' });
  const output = `${run.stdout}${run.stderr}`.trim();
  let ok = run.status === 0;
  if (name === 'imports') {
    const modules = Number(/(\d+) modules/.exec(output)?.[1] ?? 0);
    if (modules < MODULES_FLOOR) {
      ok = false;
      console.error(`import rules saw only ${modules} modules; at least ${String(MODULES_FLOOR)} are expected`);
    }
  }
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}`);
  if (!ok) {
    failed += 1;
    console.error(output);
  }
}
process.exit(failed === 0 ? 0 : 1);
