import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkRulePaths } from '../../../shadow/pairs/stored-rules.ts';
import { loadDefault } from '../../config/load-config.ts';
import { normalizeConfig } from '../../config/normalize-config.ts';
import type { NormalizedCompareRules } from '../../config/compare-rules.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { describeError, FigError } from '../../kernel/fig-error.ts';

const nowhere = 'http://localhost';

export interface PlainConfig {
  /** Name of its one feature. */
  readonly feature: string;
  readonly legacyUrl?: URL | undefined;
  readonly candidateUrl?: URL | undefined;
  /** As `compare` of a feature. */
  readonly compare?: unknown;
}

/** The config of somebody who has none: one feature between two services, with every default. Throws FIG_CONFIG_INVALID. */
export function plainConfig(
  { feature, legacyUrl, candidateUrl, compare }: PlainConfig,
  source: string,
): NormalizedConfig {
  const only = {
    name: feature,
    routes: ['GET /', ...routesIn(compare)],
    candidate: candidateUrl?.href ?? nowhere,
    ...(compare !== undefined && { compare }),
  };
  return normalizeConfig({ legacy: { url: legacyUrl?.href ?? nowhere }, features: [only] }, source);
}

/** Rules for single routes are for those of whoever uses them. */
function routesIn(compare: unknown): readonly string[] {
  const routes: unknown = typeof compare === 'object' && compare !== null ? Reflect.get(compare, 'routes') : undefined;
  return typeof routes === 'object' && routes !== null ? Object.keys(routes).filter((name) => name !== 'GET /') : [];
}

/** Rules from a file of their own, read as those of a config are. Throws FIG_RULES_INVALID. */
export async function loadRules(file: string, cwd: string): Promise<NormalizedCompareRules> {
  const path = resolve(cwd, file);
  try {
    const compare: unknown = /\.json$/i.test(path) ? JSON.parse(await readFile(path, 'utf8')) : await loadDefault(path);
    const rules = plainConfig({ feature: 'rules', compare }, file).features[0]!.compare;
    checkRulePaths(rules);
    return rules;
  } catch (error) {
    throw new FigError('FIG_RULES_INVALID', `${file}: ${describeError(error)}`, { cause: error });
  }
}
