import { compilePathRules } from '../../shadow/path-rules.ts';
import type { NormalizedConfig } from '../config/normalized-config.ts';
import { isShared, isTimed } from '../config/read-model-kinds.ts';
import { allRules } from '../config/rule-list.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import { connectorSettings } from '../sync/kafka/debezium/connector-settings.ts';

/** What only the parts together can tell of a config. Throws FIG_CONFIG_INVALID or FIG_DEBEZIUM_SETTING. */
export function checkConfig(config: NormalizedConfig, file: string): void {
  refuseMissingDatabase(config, file);
  refuseBadRules(config, file);
  refuseMissingTransport(config, file);
}

function refuseMissingTransport({ events }: NormalizedConfig, file: string): void {
  if (events.via !== 'debezium') return;
  if (events.connector !== 'mysql') {
    // Throws where the settings that are told lose changes; it is better said now than by the first session.
    connectorSettings(events.settings);
    return;
  }
  throw new FigError('FIG_CONFIG_INVALID', `${file}: events.connector is 'mysql', which cannot be applied yet`, {
    remedy: 'Its messages are decoded already, see docs/debezium.md; read models from them come with a later version.',
  });
}

function refuseMissingDatabase(config: NormalizedConfig, file: string): void {
  if (config.domainTopics?.relay && config.legacy.database === undefined) {
    throw new FigError(
      'FIG_CONFIG_INVALID',
      `${file}: legacy.database is missing, whose outbox domainEvents.relay sends`,
    );
  }
  const needy = config.features.find(({ readModel }) => readModel !== undefined && !isTimed(readModel));
  if (!needy || config.legacy.database !== undefined) return;
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
