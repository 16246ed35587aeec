// Compiles with tsc and copies the files that are served as they are (the status page).
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(`${root}dist`, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
cpSync(`${root}src/admin/page`, `${root}dist/src/admin/page`, { recursive: true });
cpSync(`${root}src/cli/report/html/report.css`, `${root}dist/src/cli/report/html/report.css`);
chmodSync(`${root}dist/src/cli/main.js`, 0o755);
linkOwnCommand();

/**
 * Lets `npx fig` work inside this checkout. npm links the commands of dependencies but not those of the package itself,
 * and without a link npx would install a copy of the checkout into its cache first.
 */
function linkOwnCommand() {
  const folder = `${root}node_modules/.bin`;
  if (!existsSync(folder)) return;
  rmSync(`${folder}/fig`, { force: true });
  if (process.platform === 'win32') {
    writeFileSync(`${folder}/fig.cmd`, '@node "%~dp0\\..\\..\\dist\\src\\cli\\main.js" %*\r\n');
  } else {
    symlinkSync('../../dist/src/cli/main.js', `${folder}/fig`);
  }
}
