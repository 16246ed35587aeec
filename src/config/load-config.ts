import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { FigError, describeError } from '../kernel/fig-error.ts';
import { normalizeConfig } from './normalize-config.ts';
import type { NormalizedConfig } from './normalized-config.ts';

/** Our own entry, so that a config that imports `strangler-fig` gets this very copy of it. */
const ownEntry = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url),
);

/** Has jiti translate a file that node could load by itself. */
const asTypeScript = { async: true, forceTranspile: true, ext: '.ts' } as const;

/**
 * Loads and checks a config file (.ts, .js, .mjs), anew each time; modules that it imports natively are not read again.
 * `file` is relative to the current folder.
 */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Promise<NormalizedConfig> {
  const path = isAbsolute(file) ? file : resolve(file);
  return normalizeConfig(await loadDefault(path), file, env);
}

/** What a module exports by default. Throws FIG_CONFIG_NOT_FOUND, FIG_CONFIG_FAILED. */
export async function loadDefault(path: string): Promise<unknown> {
  if (!existsSync(path)) throw new FigError('FIG_CONFIG_NOT_FOUND', `there is no config file ${path}`);
  try {
    const jiti = createJiti(import.meta.url, { alias: { 'strangler-fig': ownEntry }, moduleCache: false });
    // Node keeps its own modules for good: one that is loaded natively would say for ever what it said first.
    return /\.m?js$/.test(path)
      ? defaultOf(await jiti.evalModule(await readFile(path, 'utf8'), { filename: path, ...asTypeScript }))
      : await jiti.import(path, { default: true });
  } catch (error) {
    throw new FigError('FIG_CONFIG_FAILED', `${path} could not be loaded: ${describeError(error)}`, { cause: error });
  }
}

function defaultOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : module;
}
