import { FigError } from '../kernel/fig-error.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import { fingerprintOf } from './fingerprint.ts';
import { limitsOf } from './limits.ts';
import type { MigrationDefinition } from './migration-definition.ts';
import type { NormalizedConfig, NormalizedFeature, NormalizedRoute } from './normalized-config.ts';
import { migrationSchema } from './schema.ts';
import { timeoutsOf } from './timeouts.ts';

export const defaultListenPort = 8080;
export const defaultAdminPort = 8089;
const defaultDrainDelayMs = 0;
const defaultStopGraceMs = 5_000;

/** Checks what the config file exports and fills in every default. `source` names the file in errors. */
export function normalizeConfig(value: unknown, source: string, env: NodeJS.ProcessEnv = {}): NormalizedConfig {
  const checked = migrationSchema.safeParse(value);
  if (!checked.success) {
    const issues = checked.error.issues.map(
      (issue) => `  ${issue.path.length > 0 ? issue.path.join('.') : '(the export)'}: ${issue.message}`,
    );
    throw new FigError('FIG_CONFIG_INVALID', `${source} is not a valid migration:\n${issues.join('\n')}`);
  }
  // The schema proved the shape; the definition's types say more about its functions than a schema can.
  const definition = value as MigrationDefinition;
  const features = (definition.features ?? []).map((feature) => normalizeFeature(feature, env.FIG_CODE_VERSION));
  refuseRepeats(features, source);
  return {
    name: definition.name ?? 'main',
    listen: {
      port: definition.listen?.port ?? defaultListenPort,
      host: definition.listen?.host ?? '127.0.0.1',
      tls: definition.listen?.tls,
      drainDelayMs: definition.listen?.drainDelayMs ?? defaultDrainDelayMs,
      stopGraceMs: definition.listen?.stopGraceMs ?? defaultStopGraceMs,
    },
    limits: limitsOf(definition.limits),
    admin: { port: definition.admin?.port ?? defaultAdminPort },
    legacy: {
      url: new URL(definition.legacy.url),
      database: definition.legacy.database ?? env.LEGACY_DATABASE_URL,
      host: definition.legacy.host ?? 'keep',
      tls: definition.legacy.tls ?? {},
      timeouts: timeoutsOf(definition.legacy.timeouts),
    },
    trust: definition.trust ?? {},
    via: definition.via,
    paths: definition.paths ?? 'verbatim',
    store: definition.store ?? env.FIG_DATABASE_URL,
    visitor: { cookie: definition.visitor?.cookie, header: definition.visitor?.header },
    fenceBudgetMs: definition.fenceBudgetMs ?? 250,
    features,
  };
}

function normalizeFeature(feature: FeatureDefinition, codeVersion: string | undefined): NormalizedFeature {
  const { compare, cutover } = feature;
  return {
    name: feature.name,
    routes: [...Object.keys(feature.queries ?? {}), ...(feature.routes ?? [])].map(parseRoute),
    readModel: feature.readModel,
    queries: new Map(Object.entries(feature.queries ?? {})),
    candidateUrl: feature.candidate === undefined ? undefined : new URL(feature.candidate),
    candidateTimeoutMs: feature.candidateTimeoutMs ?? 1_000,
    compare: {
      ignore: compare?.ignore ?? [],
      keyed: compare?.keyed ?? {},
      tolerance: compare?.tolerance ?? {},
      critical: compare?.critical ?? [],
      redact: compare?.redact ?? [],
      headers: (compare?.headers ?? ['content-type']).map((name) => name.toLowerCase()),
    },
    cutover: {
      canary: cutover?.reads?.canary ?? [1, 5, 25, 50],
      automatic: cutover?.reads?.automatic ?? true,
      dwellSeconds: cutover?.reads?.dwellSeconds ?? 60,
      maxMismatchRate: cutover?.maxMismatchRate ?? 0.001,
      confidence: cutover?.confidence ?? 0.95,
      maxLagSeconds: cutover?.maxLagSeconds ?? 5,
      maxLatencyRatio: cutover?.maxLatencyRatio ?? 1.5,
    },
    fingerprint: fingerprintOf(feature, codeVersion),
  };
}

function parseRoute(route: string): NormalizedRoute {
  const space = route.indexOf(' ');
  return { route, method: route.slice(0, space), path: route.slice(space + 1) };
}

function refuseRepeats(features: readonly NormalizedFeature[], source: string): void {
  const owners = new Map<string, string>();
  for (const feature of features) {
    for (const name of [`feature ${feature.name}`, ...feature.routes.map(({ route }) => `route ${route}`)]) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        throw new FigError('FIG_CONFIG_INVALID', `${source}: ${name} is declared by ${owner} and by ${feature.name}`);
      }
      owners.set(name, feature.name);
    }
  }
}
