import type { z } from 'zod';
import { FigError } from '../kernel/fig-error.ts';
import { captureOf } from './capture-rules.ts';
import { compareProblems } from './compare-problems.ts';
import { defaultAdminPort, defaultListenPort } from './default-ports.ts';
import type { FeatureDefinition, QueryHandler, RouteDefinition } from './feature-definition.ts';
import { fingerprintOf } from './fingerprint.ts';
import { keepOf } from './keep-rules.ts';
import { limitsOf } from './limits.ts';
import type { MigrationDefinition, VisitorDefinition } from './migration-definition.ts';
import { normalizeCompareRules } from './normalize-compare-rules.ts';
import { domainTopicsOf } from './normalize-domain-topics.ts';
import { eventsOf } from './normalize-events.ts';
import { publishOf } from './normalize-publish.ts';
import { withDomainEvents } from './normalize-domain-events.ts';
import type { NormalizedConfig, NormalizedFeature, NormalizedRoute } from './normalized-config.ts';
import { isCaptured } from './read-model-kinds.ts';
import { reconcileOf } from './reconcile-rules.ts';
import { sampleOf, type ShadowDefinition } from './sample-rules.ts';
import { migrationSchema } from './schema.ts';
import { shadowAskingOf } from './shadow-asking.ts';
import { timeoutsOf } from './timeouts.ts';

const defaultMaxPerSecond = 100;
const defaultMaxDeadLetters = 100;
const defaultMaxLoad = 4;
const defaultDrainDelayMs = 0;
const defaultStopGraceMs = 5_000;

/** Checks what the config file exports and fills in every default. `source` names the file in errors. */
export function normalizeConfig(value: unknown, source: string, env: NodeJS.ProcessEnv = {}): NormalizedConfig {
  const checked = migrationSchema.safeParse(value);
  if (!checked.success) {
    const issues = checked.error.issues.map(
      (issue) => `  ${issue.path.length > 0 ? issue.path.join('.') : '(the export)'}: ${messageOf(issue)}`,
    );
    throw new FigError('FIG_CONFIG_INVALID', `${source} is not a valid migration:\n${issues.join('\n')}`);
  }
  // The schema proved the shape; the definition's types say more about its functions than a schema can.
  const definition = value as MigrationDefinition;
  const features = (definition.features ?? []).map((feature) => ({
    ...normalizeFeature(withEvents(feature, definition), env.FIG_CODE_VERSION),
    shadow: shadowOf(feature.shadow, definition.shadow),
  }));
  refuseRepeats(features, source);
  refuseRules(features, source);
  const around = { migration: definition.name ?? 'main', source, env };
  const events = eventsOf(definition.events, around);
  const readModels = features.flatMap(({ readModel }) => readModel ?? []);
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
    shadow: {
      maxPerSecond: definition.shadow?.maxPerSecond ?? defaultMaxPerSecond,
      keep: keepOf(definition.shadow?.keep),
      ...shadowAskingOf(definition.shadow),
    },
    backfill: { maxLoad: definition.backfill?.maxLoad ?? defaultMaxLoad },
    capture: captureOf(definition.capture),
    events,
    publish: publishOf(definition.domainEvents, events, around),
    domainTopics: domainTopicsOf(definition.domainEvents, events, readModels, around),
    admin: { port: definition.admin?.port ?? defaultAdminPort },
    legacy: {
      url: new URL(definition.legacy.url),
      ...legacyDatabases(definition, env),
      host: definition.legacy.host ?? 'keep',
      tls: definition.legacy.tls ?? {},
      timeouts: timeoutsOf(definition.legacy.timeouts),
    },
    trust: definition.trust ?? {},
    via: definition.via,
    paths: definition.paths ?? 'verbatim',
    store: definition.store ?? env.FIG_DATABASE_URL,
    visitor: normalizeVisitor(definition.visitor),
    fenceBudgetMs: definition.fenceBudgetMs ?? 250,
    explain: definition.explain ?? 'never',
    features,
  };
}

/** Of a legacy database in MySQL read models are captured from where it lands. */
function legacyDatabases(
  { legacy, events }: MigrationDefinition,
  env: NodeJS.ProcessEnv,
): Pick<NormalizedConfig['legacy'], 'database' | 'mysql'> {
  const database = legacy.database ?? env.LEGACY_DATABASE_URL;
  if (events?.via !== 'debezium' || events.connector !== 'mysql') return { database, mysql: undefined };
  return { database: events.landing, mysql: database };
}

function withEvents(feature: FeatureDefinition, { domainEvents }: MigrationDefinition): FeatureDefinition {
  const { readModel, previous } = feature;
  return {
    ...feature,
    ...(readModel && { readModel: withDomainEvents(readModel, domainEvents) }),
    ...(previous && { previous: { ...previous, readModel: withDomainEvents(previous.readModel, domainEvents) } }),
  };
}

/** Of a key that is refused, the schema's own message says only that it is. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message).join('; ') : issue.message;
}

/** What a feature does not say is as for all; the bound per second of all is not each one's. */
function shadowOf(own: ShadowDefinition = {}, all: ShadowDefinition = {}): NormalizedFeature['shadow'] {
  return {
    maxPerSecond: own.maxPerSecond,
    sample: sampleOf(own.sample ?? all.sample),
    pairs: own.pairs ?? all.pairs ?? true,
    harmlessWrites: [...new Set([...(all.harmlessWrites ?? []), ...(own.harmlessWrites ?? [])])],
  };
}

function normalizeFeature(
  feature: FeatureDefinition,
  codeVersion: string | undefined,
): Omit<NormalizedFeature, 'shadow'> {
  const { compare, cutover } = feature;
  const answered = handlersOf(feature);
  return {
    name: feature.name,
    routes: [...answered.map(({ route }) => route), ...(feature.routes ?? []).map(parseRoute)].map((route) =>
      keyed(route, feature.keyedBy),
    ),
    readModel: feature.readModel,
    queries: queriesOf(answered),
    previous: previousOf(feature, codeVersion),
    candidateUrl: feature.candidate === undefined ? undefined : new URL(feature.candidate),
    candidateTimeoutMs: feature.candidateTimeoutMs ?? 1_000,
    maxDeadLetters: feature.deadLetters?.max ?? defaultMaxDeadLetters,
    compare: normalizeCompareRules(compare),
    cutover: {
      canary: cutover?.reads?.canary ?? [1, 5, 25, 50],
      automatic: cutover?.reads?.automatic ?? true,
      dwellSeconds: cutover?.reads?.dwellSeconds ?? 60,
      maxMismatchRate: cutover?.maxMismatchRate ?? 0.001,
      confidence: cutover?.confidence ?? 0.95,
      maxLagSeconds: cutover?.maxLagSeconds ?? 5,
      maxLatencyRatio: cutover?.maxLatencyRatio ?? 1.5,
      maxBreakerOpenings: cutover?.maxBreakerOpenings ?? 2,
    },
    reconcile: feature.readModel && isCaptured(feature.readModel) ? reconcileOf(feature.reconcile) : undefined,
    fingerprint: fingerprintOf(feature, codeVersion),
  };
}

/** The fingerprint is that of a feature which declares this version alone, so that what was proven of it stays proven. */
function previousOf(feature: FeatureDefinition, codeVersion: string | undefined): NormalizedFeature['previous'] {
  const { previous } = feature;
  if (previous === undefined) return undefined;
  const alone = { ...feature, readModel: previous.readModel, queries: previous.queries ?? feature.queries };
  return {
    readModel: previous.readModel,
    queries: queriesOf(handlersOf(alone)),
    fingerprint: fingerprintOf(alone, codeVersion),
  };
}

function queriesOf(answered: ReturnType<typeof handlersOf>): NormalizedFeature['queries'] {
  return new Map(answered.map(({ route, handler }) => [route.route, handler]));
}

function normalizeVisitor(visitor: VisitorDefinition = {}): NormalizedConfig['visitor'] {
  const { cookie, header, jwt } = visitor;
  // Where no place is named, the token is where tokens are by custom (RFC 6750).
  const tokenHeader = jwt?.header ?? (jwt?.cookie === undefined ? 'authorization' : undefined);
  return { cookie, header, jwt: jwt && { header: tokenHeader, cookie: jwt.cookie, claim: jwt.claim ?? 'sub' } };
}

/** The routes that are answered in this process, and by what. */
function handlersOf({
  queries = {},
  operations = {},
  bodyQueries = {},
}: FeatureDefinition): { route: NormalizedRoute; handler: QueryHandler }[] {
  const plain = Object.entries(queries).map(([route, handler]) => ({ route: parseRoute(route), handler }));
  const named = Object.entries(operations).flatMap(([route, handlers]) =>
    Object.entries(handlers).map(([operation, handler]) => ({
      route: parseRoute({ route, graphql: { operation } }),
      handler,
    })),
  );
  const inBody = Object.entries(bodyQueries).map(([route, handler]) => ({
    route: parseRoute({ route, reads: true }),
    handler,
  }));
  return [...plain, ...named, ...inBody];
}

function keyed(route: NormalizedRoute, keyedBy: FeatureDefinition['keyedBy']): NormalizedRoute {
  const key = keyedBy?.[`${route.method} ${route.path}`];
  return key === undefined ? route : { ...route, key };
}

function parseRoute(definition: string | RouteDefinition): NormalizedRoute {
  const { route, reads, ...when } = typeof definition === 'string' ? { route: definition } : definition;
  const space = route.indexOf(' ');
  const method = route.slice(0, space);
  const parsed = { route, method, path: route.slice(space + 1), ...(reads && method === 'POST' && { isQuery: true }) };
  const conditions = describeConditions(when);
  // Reports and evidence tell routes apart by their name, so the conditions are part of it.
  return conditions === '' ? parsed : { ...parsed, route: `${route} [${conditions}]`, when };
}

function describeConditions({
  host,
  headers = {},
  query = {},
  graphql,
}: Omit<RouteDefinition, 'route' | 'reads'>): string {
  const texts = [
    ...(host === undefined ? [] : [`host ${host}`]),
    ...Object.entries(headers).map(([name, value]) => `${name.toLowerCase()}: ${String(value)}`),
    ...Object.entries(query).map(([name, value]) => `?${name}=${String(value)}`),
    ...(graphql === undefined ? [] : [`operation ${[graphql.operation].flat().map(String).join(' or ')}`]),
  ];
  return texts.join(', ');
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

function refuseRules(features: readonly NormalizedFeature[], source: string): void {
  const problems = features.flatMap(({ name, compare, routes }) =>
    compareProblems(
      compare,
      routes.map(({ route }) => route),
    ).map(({ at, message }) => `  ${name}: ${at}: ${message}`),
  );
  if (problems.length === 0) return;
  throw new FigError('FIG_CONFIG_INVALID', `${source} is not a valid migration:\n${problems.join('\n')}`);
}
