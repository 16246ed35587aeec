import { FigError } from '../../kernel/fig-error.ts';
import { type ConnectorProperties, connectorSettings } from '../kafka/debezium/connector-settings.ts';

/** Those after which rows and changes follow each other without a gap. */
const wholeSnapshots = ['initial', 'when_needed'];

/** Pure. Throws FIG_DEBEZIUM_SETTING where a connector that is set so cannot be landed from. `hasAccount`: at the legacy server. */
export function judgeLandingConnector(
  properties: ConnectorProperties,
  { hasAccount }: { readonly hasAccount: boolean },
): void {
  connectorSettings({ ...properties, 'connector.class': 'io.debezium.connector.mysql.MySqlConnector' });
  const mode = properties['snapshot.mode'] ?? 'initial';
  if (!wholeSnapshots.includes(mode)) {
    throw refused(`with \`snapshot.mode=${mode}\` rows are missing, or come twice`, 'snapshot.mode=initial');
  }
  if (properties['include.schema.changes'] === 'false') {
    throw refused('a table that is dropped or renamed is not told', 'include.schema.changes=true');
  }
  if (hasAccount) return;
  for (const setting of ['key.converter.schemas.enable', 'value.converter.schemas.enable']) {
    if (properties[setting] === 'false') {
      throw refused(
        'without an account at the legacy server only messages tell the columns of tables',
        `${setting}=true`,
      );
    }
  }
}

function refused(problem: string, setting: string): FigError {
  return new FigError('FIG_DEBEZIUM_SETTING', problem, {
    remedy: `Set \`${setting}\` on the Debezium connector, and say so in \`events.settings\`.`,
  });
}
