// Installs the peers when they are not there yet, and compiles ours.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
};
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const isInstalled = (name) => existsSync(new URL(`node_modules/${name}`, import.meta.url));
if (!Object.keys(dependencies).every(isInstalled)) run('npm', ['ci', '--prefix', 'bench', '--no-audit', '--no-fund']);
run(process.execPath, ['scripts/build.js']);
