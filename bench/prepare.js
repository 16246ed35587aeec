// Installs the peers when they are not there yet, and compiles ours.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
};
if (!existsSync(new URL('node_modules', import.meta.url)))
  run('npm', ['ci', '--prefix', 'bench', '--no-audit', '--no-fund']);
run(process.execPath, ['scripts/build.js']);
