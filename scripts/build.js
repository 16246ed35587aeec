// Compiles with tsc and copies the files that are served as they are (the status page); not again while nothing has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const stampFile = `${root}dist/.compiled-from`;

const stamp = stampOfSources();
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (compiled.status !== 0) process.exit(compiled.status ?? 1);
  cpSync(`${root}src/admin/page`, `${root}dist/src/admin/page`, { recursive: true });
  cpSync(`${root}src/cli/report/html/report.css`, `${root}dist/src/cli/report/html/report.css`);
  chmodSync(`${root}dist/src/cli/main.js`, 0o755);
  writeFileSync(stampFile, stamp);
}
linkOwnCommand();

/** Of the content of everything that dist is made from. */
function stampOfSources() {
  const { include } = JSON.parse(readFileSync(`${root}tsconfig.build.json`, 'utf8'));
  const files = include.flatMap((/** @type {string} */ folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.js'];
  const hash = createHash('sha256');
  for (const file of [...files.toSorted(), ...settings.map((name) => join(root, name))]) {
    hash.update(`${file}\n`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

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
