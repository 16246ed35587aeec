// Types, lint, format, import rules and dead code, side by side. Every step runs even when another one failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

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

/** @param {{ command: string, args: string[] }} step */
async function run({ command, args }) {
  const child = spawn('npx', ['--no-install', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [status] = await once(child, 'close');
  return { status, output: output.trim() };
}

let failed = 0;
const running = steps.map((step) => ({ name: step.name, result: run(step) }));
for (const { name, result } of running) {
  const { status, output } = await result;
  let ok = status === 0;
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
