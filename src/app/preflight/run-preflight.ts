import { Client } from 'pg';
import type { NormalizedEventTopic } from '../../config/domain-topics-definition.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import { isFromTopics } from '../../config/read-model-kinds.ts';
import { isLanding } from '../../config/settled-writes.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import { silentLog } from '../../kernel/log.ts';
import { demandsOf } from '../../sync/capture/demands-of.ts';
import { inspectEventTopics } from '../../sync/kafka/preflight/inspect-event-topics.ts';
import { inspectTargetTopics, type TargetTopic } from '../../sync/kafka/preflight/inspect-target-topics.ts';
import { inspectTopic } from '../../sync/kafka/preflight/inspect-topic.ts';
import type { Finding } from '../../sync/postgres/preflight/finding.ts';
import { inspectSource } from '../../sync/postgres/preflight/inspect-source.ts';
import { isPooler, poolerFinding } from '../../sync/postgres/preflight/probe-replication.ts';
import { slotNameOf } from '../../sync/postgres/slot.ts';
import { capturedModels } from '../following/captured-models.ts';
import { checkConfig } from './check-config.ts';
import { inspectLanding } from './preflight-landing.ts';

const CONNECT_BUDGET_MS = 10_000;

export interface PreflightOptions {
  readonly configFile: string;
  /** Only the tables of this feature's read model. */
  readonly feature?: string | undefined;
}

export interface PreflightReport {
  readonly migration: string;
  /** Host, port and name; never a password. */
  readonly database: string | undefined;
  /** Name of the slot and of the publication that `fig up` makes. */
  readonly slot: string | undefined;
  readonly tables: readonly string[];
  readonly findings: readonly Finding[];
}

/** What `fig up` checks before it touches the legacy database, without touching it. Throws FIG_CONFIG_*, FIG_USAGE. */
export async function runPreflight({ configFile, feature }: PreflightOptions): Promise<PreflightReport> {
  const config = await loadConfig(configFile);
  checkConfig(config, configFile);
  const chosen = config.features.filter(({ name }) => feature === undefined || name === feature);
  if (feature !== undefined && chosen.length === 0) {
    const names = config.features.map(({ name }) => name).join(', ') || 'none';
    throw new FigError('FIG_USAGE', `there is no feature ${feature}; the config has: ${names}`);
  }
  // What is published is no feature's.
  const { publish } = feature === undefined ? config : { publish: undefined };
  const readModels = capturedModels({ features: chosen, publish });
  const ofTopics = [
    ...(await inspectEventTopics(eventTopicsOf(config, chosen), silentLog)),
    ...(feature === undefined ? await inspectTargetTopics(targetTopicsOf(config), silentLog) : []),
  ];
  const url = config.legacy.database;
  if (url === undefined || readModels.length === 0) {
    return { migration: config.name, database: undefined, slot: undefined, tables: [], findings: ofTopics };
  }
  const report = await inspect(config.name, url, readModels);
  const { events } = config;
  const ofChanges = events.via === 'kafka' ? await inspectTopic(events, silentLog) : [];
  if (!isLanding(config)) return { ...report, findings: [...report.findings, ...ofChanges, ...ofTopics] };
  const names = report.tables.map((table) => table.replace(/^public\./, ''));
  const ofLegacy = await inspectLanding(config, names);
  // The tables are made when they land.
  const ofLanding = report.findings.filter(({ id }) => id !== 'table-missing');
  return { ...report, findings: [...ofLegacy, ...ofLanding, ...ofTopics] };
}

/** Topics that the read models of these features are made of. */
function eventTopicsOf(
  { domainTopics }: NormalizedConfig,
  features: NormalizedConfig['features'],
): readonly NormalizedEventTopic[] {
  const names = features.flatMap(({ readModel }) => (readModel && isFromTopics(readModel) ? readModel.topics : []));
  return [...new Set(names)].flatMap((name) => domainTopics?.topics.get(name) ?? []);
}

/** Topics that events are written to. */
function targetTopicsOf({ publish, domainTopics }: NormalizedConfig): readonly TargetTopic[] {
  const relayed = domainTopics?.relay?.to;
  return [
    ...(publish ? [{ ...publish, key: 'domainEvents.publish.topic' }] : []),
    ...(relayed ? [{ ...relayed, key: 'domainEvents.relay.to.topic' }] : []),
  ];
}

async function inspect(
  migration: string,
  url: string,
  readModels: readonly CapturedReadModel[],
): Promise<PreflightReport> {
  const demands = demandsOf(readModels);
  const client = new Client({
    connectionString: url,
    application_name: 'fig preflight',
    connectionTimeoutMillis: CONNECT_BUDGET_MS,
  });
  client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
  const { host, port, database = '' } = client;
  const slot = slotNameOf(migration, database);
  const report = {
    migration,
    database: `${host}:${port}/${database}`,
    slot,
    tables: demands.map(({ table }) => table),
  };
  try {
    try {
      await client.connect();
    } catch (error) {
      return { ...report, findings: [unreachable(report.database, describeError(error))] };
    }
    return { ...report, findings: (await inspectSource(client, { url, slot, demands })).findings };
  } finally {
    await client.end().catch(() => undefined); // Nothing was asked that could be lost.
  }
}

function unreachable(database: string, message: string): Finding {
  if (isPooler(message)) return poolerFinding(message);
  return {
    id: 'connection',
    severity: 'error',
    subject: database,
    problem: `cannot be connected to: ${message}`,
    remedy: 'Correct legacy.database (LEGACY_DATABASE_URL), or let the server admit this machine and role.',
  };
}
