/** What there is between capture and projection where changes travel by topics. Times in ISO 8601. */
export interface TransportStatus {
  readonly via: 'kafka' | 'debezium';
  /** Who writes legacy's changes to the topic; undefined: nobody does. With `debezium` a connector does, which is not ours. */
  readonly leader: LeaderStatus | undefined;
  /** How often another process came to lead. */
  readonly leaderTakeovers: number;
  /** Processes that would write, if the leader were gone. */
  readonly standby: readonly StandbyStatus[];
  readonly topics: readonly TopicStatus[];
  /** Why nothing is known of the topics. */
  readonly brokersError: string | undefined;
  readonly readModels: readonly ReaderStatus[];
  /** With `debezium`. */
  readonly connector?: ConnectorStatus | undefined;
}

/** A process, and since when it does what it does. */
export interface WorkerStatus {
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

export interface LeaderStatus extends WorkerStatus {
  /** Number of this leader; a later one has a larger one. */
  readonly epoch: number;
  /** Log position up to which the topic has everything, as PostgreSQL prints it. */
  readonly written: string | undefined;
  /** Since its process began. */
  readonly changes: number;
  readonly messages: number;
  readonly bytes: number;
  readonly changesPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Log that the legacy server keeps for the slot, in bytes. */
  readonly heldBytes: number | undefined;
}

export interface StandbyStatus {
  readonly host: string;
  readonly pid: number;
  /** `failing`: it tried to lead, and could not. */
  readonly state: 'standby' | 'failing';
  readonly error: string | undefined;
}

export interface TopicStatus {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly end: number; readonly messages: number }[];
  /** That are kept. */
  readonly messages: number;
  /** For how long messages are kept; undefined: for ever. */
  readonly retentionSeconds: number | undefined;
  /** Copies that the partition with the fewest has, and how many of these are in step. */
  readonly replicas: number;
  readonly inSync: number;
}

/** A read model, and the process that applies the changes to it. */
export interface ReaderStatus {
  /** `order_summary_v1` */
  readonly readModel: string;
  /** Undefined: none does. */
  readonly process: WorkerStatus | undefined;
  /** How often another process came to apply. */
  readonly takeovers: number;
  /** Messages that are written and not applied; undefined while that is not known. */
  readonly lagMessages: number | undefined;
  /** Behind the legacy database. */
  readonly lagSeconds: number | undefined;
  readonly lagBytes: number | undefined;
  readonly messagesPerSecond: number | undefined;
  /** Of legacy's log. */
  readonly bytesPerSecond: number | undefined;
  readonly partitions: readonly PartitionStatus[];
}

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the message to read next. */
  readonly next: number;
  /** Offset that will be written next. */
  readonly end: number | undefined;
}

export interface ConnectorStatus {
  readonly connector: 'postgresql' | 'mysql';
  /** `topic.prefix` of the connector. */
  readonly prefix: string;
  /** Transactions of which something came, and not yet all. */
  readonly waitingTransactions: number | undefined;
  /** Since something came from any topic. */
  readonly silentSeconds: number | undefined;
}
