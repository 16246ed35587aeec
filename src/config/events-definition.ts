import type { Secret } from './secret.ts';

/** How changes get from the legacy database to the projections. */
export type EventsDefinition = DirectDefinition | KafkaDefinition | DebeziumDefinition;

/** The process that captures projects as well. */
export interface DirectDefinition {
  readonly via: 'direct';
}

/** One process captures and writes to a topic, others read it and project. */
export interface KafkaDefinition {
  readonly via: 'kafka';
  /** `host:port` of some of the brokers; they tell of the others. */
  readonly brokers: readonly string[];
  /** Default `fig.<migration>.changes`. */
  readonly topic?: string | undefined;
  /** Default 1: whole transactions in the order of their commits. */
  readonly partitions?: number | undefined;
  /** Whether fig makes the topic when there is none. Default true. */
  readonly createTopic?: boolean | undefined;
  /** Of the topic that fig makes. Default: 3, or as many brokers as there are if these are fewer. */
  readonly replicationFactor?: number | undefined;
  readonly security?: KafkaSecurityDefinition | undefined;
}

/** Changes come from the topics of a Debezium connector that somebody else runs. */
export interface DebeziumDefinition {
  readonly via: 'debezium';
  /** `host:port` of some of the brokers; they tell of the others. */
  readonly brokers: readonly string[];
  /** `topic.prefix` of the connector. */
  readonly prefix: string;
  readonly connector: 'postgresql' | 'mysql';
  /** What the connector is set to, under the names it has there; `decimal.handling.mode` and others. See docs/debezium.md. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /**
   * With `mysql`: URL of a PostgreSQL database of its own, `wal_level=logical`, that fig keeps equal to the legacy tables which read
   * models are made from.
   */
  readonly landing?: string | undefined;
  /** With `mysql` and no account in `legacy.database`: the name of the legacy database. */
  readonly database?: string | undefined;
  /**
   * With `mysql`: visitors' writes and comparisons are not ordered by the server's log but by time; a write is in the topics after so
   * long. Default: not with an account; without one `5s`.
   */
  readonly settle?: string | undefined;
  readonly security?: KafkaSecurityDefinition | undefined;
}

export interface KafkaSecurityDefinition {
  /** True: by the authorities node knows. False: said on purpose, so that a password may travel as it is. Default: no TLS. */
  readonly tls?: boolean | KafkaTls | undefined;
  readonly sasl?: SaslDefinition | undefined;
}

/** How the brokers prove who they are, and we. File paths are relative to the current folder; PEM text is taken as well. */
export interface KafkaTls {
  /** Authorities that the brokers' certificates must come from. Default: those node knows. */
  readonly ca?: string | undefined;
  /** The certificate that is shown to the brokers, and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the brokers' certificates must have. Default: the host of each broker. */
  readonly servername?: string | undefined;
}

export type SaslDefinition =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      /** The value of an environment variable, such as `env.KAFKA_PASSWORD`; one that is written in the config is refused. */
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** Asked for each connection, and again before the token's lifetime ends where brokers tell it. */
      readonly token: () => Promise<string>;
    };

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

export interface NormalizedKafkaSecurity {
  /** Undefined: connections are not encrypted. */
  readonly tls: KafkaTls | undefined;
  readonly sasl: KafkaSasl | undefined;
}

export interface NormalizedKafkaEvents {
  readonly via: 'kafka';
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly createTopic: boolean;
  /** Undefined: 3, or as many brokers as there are if these are fewer. */
  readonly replicationFactor: number | undefined;
  readonly security: NormalizedKafkaSecurity;
}

export interface NormalizedDebeziumEvents {
  readonly via: 'debezium';
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly connector: 'postgresql' | 'mysql';
  readonly settings: Readonly<Record<string, string>>;
  readonly landing: string | undefined;
  readonly database: string | undefined;
  /** Undefined: not told. See `settledByMs`. */
  readonly settleMs: number | undefined;
  readonly security: NormalizedKafkaSecurity;
}

export type NormalizedEvents = DirectDefinition | NormalizedKafkaEvents | NormalizedDebeziumEvents;
