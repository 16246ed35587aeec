import { FigError } from '../../../kernel/fig-error.ts';
import { defaultPlaceholder } from './unavailable.ts';

/** Properties of a connector, under the names that they have there: `decimal.handling.mode` and so on. */
export type ConnectorProperties = Readonly<Record<string, string>>;

/** What is known of how a connector is set; what messages with schemas tell by themselves is left out. */
export interface ConnectorSettings {
  readonly placeholder: string;
  /** Whether a null is sent as null also where the column has a default. Kafka Connect does not do that by itself. */
  readonly nullsAreKept: boolean;
  /** Needed to read messages without schemas. */
  readonly properties: ConnectorProperties | undefined;
}

/** `properties`: the connector's, where they are known. Throws FIG_DEBEZIUM_SETTING where they alone show that data is lost. */
export function connectorSettings(properties?: ConnectorProperties): ConnectorSettings {
  const findings = properties ? judgeConnector(properties) : [];
  if (findings.length > 0) {
    const settings = findings.map(({ setting }) => `\`${setting}\``).join(', ');
    throw new FigError('FIG_DEBEZIUM_SETTING', findings.map(({ problem }) => problem).join('; '), {
      remedy: `Set ${settings} on the Debezium connector, and say so in \`events.settings\`.`,
    });
  }
  return {
    placeholder: properties?.['unavailable.value.placeholder'] ?? defaultPlaceholder,
    // Others are refused.
    nullsAreKept: properties !== undefined,
    properties,
  };
}

export interface ConnectorFinding {
  readonly problem: string;
  /** `name=value` as it has to be. */
  readonly setting: string;
}

interface NeededSetting extends ConnectorFinding {
  /** How later versions say the same. */
  readonly or?: string;
  /** Only connectors for these databases have it. */
  readonly of?: 'postgresql' | 'mysql-family';
}

/** What no message shows, because what would show it is not sent. */
const needed: readonly NeededSetting[] = [
  {
    problem: 'a TRUNCATE is not sent, or other operations are not, so read models would miss it',
    setting: 'skipped.operations=none',
  },
  {
    problem: 'nothing tells where a transaction ends, so read models would stand at no position',
    setting: 'provide.transaction.metadata=true',
  },
  {
    problem: 'a null is sent as the default of its column',
    setting: 'value.converter.replace.null.with.default=false',
  },
  {
    problem: 'a value that cannot be converted is sent as null, with a warning in the log of Kafka Connect only',
    setting: 'event.converting.failure.handling.mode=fail',
  },
  {
    problem: 'values of types that the connector does not know, `name` is one, are left out or sent as null',
    setting: 'include.unknown.datatypes=true',
    of: 'postgresql',
  },
  {
    problem:
      'a slot that was moved on or made anew while nobody looked is gone on with, and what it passed is missed for ever',
    setting: 'internal.slot.seek.to.known.offset.on.start=true',
    or: 'offset.mismatch.strategy=trust_offset',
    of: 'postgresql',
  },
  {
    problem: 'an unsigned bigint above 9223372036854775807 is sent as a negative number',
    setting: 'bigint.unsigned.handling.mode=precise',
    of: 'mysql-family',
  },
];

/** Pure. */
export function judgeConnector(properties: ConnectorProperties): readonly ConnectorFinding[] {
  const family = /mysql|mariadb/i.test(properties['connector.class'] ?? '') ? 'mysql-family' : 'postgresql';
  return needed
    .filter(({ of }) => of === undefined || of === family)
    .filter(({ setting, or }) => !isSet(properties, setting) && !(or && isSet(properties, or)))
    .map(({ problem, setting }) => ({ problem, setting }));
}

function isSet(properties: ConnectorProperties, setting: string): boolean {
  const [name = '', value] = setting.split('=');
  return properties[name] === value;
}
