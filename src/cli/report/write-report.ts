import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FigError } from '../../kernel/fig-error.ts';

/** Writes a report, and the folders that lead to it. Throws FIG_REPORT_NOT_WRITTEN. */
export async function writeReport(cwd: string, file: string, text: string): Promise<void> {
  const path = resolve(cwd, file);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw new FigError('FIG_REPORT_NOT_WRITTEN', `the report cannot be written to ${path}`, { cause: error });
  }
}
