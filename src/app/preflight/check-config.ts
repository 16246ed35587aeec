import { compilePathRules } from '../../../shadow/path-rules.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { isShared, isTimed } from '../../config/read-model-kinds.ts';
import { isLanding } from '../../config/settled-writes.ts';
import { allRules } from '../../config/rule-list.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import { connectorSettings } from '../../sync/kafka/debezium/connector-settings.ts';
import { judgeLandingConnector } from '../../sync/landing/judge-landing-connector.ts';

/** What only the parts together can tell of a config. Throws FIG_CONFIG_INVALID or FIG_DEBEZIUM_SETTING. */
export function checkConfig(config: NormalizedConfig, file: string): void {
  refuseMissingTransport(config, file);
  refuseMissingDatabase(config, file);
  refuseBadRules(config, file);
}

function refuseMissingTransport(config: NormalizedConfig, file: string): void {
  const { events } = config;
  if (events.via !== 'debezium') return;
  if (events.connector !== 'mysql') {
    if ((events.database ?? events.settleMs) !== undefined) {
      throw new FigError(
        'FIG_CONFIG_INVALID',
        `${file}: events.database and events.settle go with events.connector 'mysql'; positions of PostgreSQL are always known`,
      );
    }
    // Throws where the settings that are told lose changes; it is better said now than by the first session.
    connectorSettings(events.settings);
    return;
  }
  const { legacy, features } = config;
  const missing =
    events.landing === undefined
      ? 'events.landing, the URL of a PostgreSQL database that the legacy tables land in'
      : legacy.mysql === undefined && events.database === undefined
        ? 'legacy.database, a mysql:// URL of a reading account, or without one events.database, the name of the legacy database,'
        : !/^(?:mysql|mariadb):/.test(legacy.mysql ?? 'mysql:')
          ? 'legacy.database, a mysql:// URL of a reading account,'
          : undefined;
  if (missing !== undefined) {
    throw new FigError('FIG_CONFIG_INVALID', `${file}: with events.connector 'mysql', ${missing} is needed`, {
      remedy: 'See docs/mysql-family.md.',
    });
  }
  const shared = features.find(({ readModel }) => readModel !== undefined && isShared(readModel));
  if (shared) {
    throw new FigError(
      'FIG_CONFIG_INVALID',
      `${file}: ${shared.name} shares the legacy database, which is not PostgreSQL`,
    );
  }
  judgeLandingConnector(events.settings, { hasAccount: legacy.mysql !== undefined });
}

function refuseMissingDatabase(config: NormalizedConfig, file: string): void {
  if (/^(?:mysql|mariadb):/.test(config.legacy.database ?? '')) {
    throw new FigError('FIG_CONFIG_INVALID', `${file}: changes of MySQL and MariaDB come by a Debezium connector`, {
      remedy: "Set events: { via: 'debezium', connector: 'mysql', ... }, see docs/debezium.md.",
    });
  }
  if (config.domainTopics?.relay && isLanding(config)) {
    throw new FigError('FIG_CONFIG_INVALID', `${file}: domainEvents.relay sends the outbox of a PostgreSQL only`);
  }
  const needy = config.features.find(({ readModel }) => readModel !== undefined && !isTimed(readModel));
  if (config.legacy.database !== undefined) return;
  if (config.domainTopics?.relay) {
    throw new FigError(
      'FIG_CONFIG_INVALID',
      `${file}: legacy.database is missing, whose outbox domainEvents.relay sends`,
    );
  }
  if (config.publish) {
    throw new FigError('FIG_CONFIG_INVALID', `${file}: legacy.database is missing, from whose log domain events come`);
  }
  if (!needy) return;
  throw new FigError(
    'FIG_CONFIG_INVALID',
    `${file}: legacy.database is missing, which the read model of ${needy.name} ${needy.readModel && isShared(needy.readModel) ? 'reads' : 'is kept in step with'}`,
    { remedy: 'Set legacy.database, or the environment variable LEGACY_DATABASE_URL, to its postgres:// URL.' },
  );
}

/** The shadow's worker would only find out when it has been started. */
function refuseBadRules(config: NormalizedConfig, file: string): void {
  for (const { name, compare } of config.features) {
    try {
      compilePathRules(allRules(compare));
    } catch (error) {
      const message = `${file}: a rule in compare of ${name} cannot be read: ${describeError(error)}`;
      throw new FigError('FIG_CONFIG_INVALID', message, { cause: error });
    }
  }
}
