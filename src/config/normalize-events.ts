import { FigError } from '../kernel/fig-error.ts';
import type {
  EventsDefinition,
  KafkaSasl,
  KafkaSecurityDefinition,
  NormalizedEvents,
  NormalizedKafkaSecurity,
  SaslDefinition,
} from './events-definition.ts';
import { durationMs } from './duration.ts';
import { Secret } from './secret.ts';

export interface Surroundings {
  /** Name of the migration. */
  readonly migration: string;
  /** The config file, for errors. */
  readonly source: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Fills in the defaults. Throws FIG_CONFIG_INVALID for a password that does not come from the environment. */
export function eventsOf(definition: EventsDefinition | undefined, around: Surroundings): NormalizedEvents {
  if (definition === undefined || definition.via === 'direct') return { via: 'direct' };
  const security = securityOf(definition.security, around);
  if (definition.via === 'debezium') {
    const { via, brokers, prefix, connector, landing, database, settle, settings = {} } = definition;
    const settleMs = settle === undefined ? undefined : durationMs(settle);
    return { via, brokers, prefix, connector, settings, landing, database, settleMs, security };
  }
  const { via, brokers, topic, partitions, createTopic, replicationFactor } = definition;
  return {
    via,
    brokers,
    topic: topic ?? `fig.${around.migration}.changes`,
    partitions: partitions ?? 1,
    createTopic: createTopic ?? true,
    replicationFactor,
    security,
  };
}

/** `at`: where in the config it is, for errors. */
export function securityOf(
  { tls, sasl }: KafkaSecurityDefinition = {},
  around: Surroundings,
  at = 'events',
): NormalizedKafkaSecurity {
  return {
    tls: tls === true ? {} : tls === false ? undefined : tls,
    sasl: sasl && saslOf(sasl, around, at),
  };
}

function saslOf(sasl: SaslDefinition, { source, env }: Surroundings, at: string): KafkaSasl {
  if (sasl.mechanism === 'oauthbearer') return { mechanism: sasl.mechanism, token: sasl.token };
  const { mechanism, username, password } = sasl;
  // A password that is written in a file is committed sooner or later.
  if (!Object.values(env).includes(password)) {
    throw new FigError(
      'FIG_CONFIG_INVALID',
      `${source}: ${at}.security.sasl.password is not the value of an environment variable`,
      { remedy: 'Put the password into the environment and write, for instance, process.env.KAFKA_PASSWORD.' },
    );
  }
  return { mechanism, username, password: new Secret(password) };
}
