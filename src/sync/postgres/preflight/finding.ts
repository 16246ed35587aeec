/** What a finding is about, for scripts: an id never changes its meaning. Each is explained in docs/preflight.md. */
export type FindingId =
  | 'connection'
  | 'connections-left'
  | 'disk'
  | 'encoding'
  | 'generated-columns'
  | 'idle-slot-timeout'
  | 'inheritance'
  | 'kafka-clear-text'
  | 'kafka-refused'
  | 'kafka-unreachable'
  | 'key-columns'
  | 'key-deferrable'
  | 'key-not-identity'
  | 'landing-by-time'
  | 'landing-table'
  | 'legacy-account'
  | 'legacy-already-at-risk'
  | 'legacy-log'
  | 'legacy-log-end'
  | 'legacy-positions'
  | 'long-transaction'
  | 'max-replication-slots'
  | 'max-wal-senders'
  | 'not-a-table'
  | 'not-logged'
  | 'pooler'
  | 'prepared-transaction'
  | 'privilege-function'
  | 'privilege-publication'
  | 'privilege-schema'
  | 'privilege-select'
  | 'publication-all-tables'
  | 'publication-filtered'
  | 'publication-foreign'
  | 'publication-other-tables'
  | 'publication-partial'
  | 'read-only-role'
  | 'replica-identity'
  | 'replica-identity-full'
  | 'replication-refused'
  | 'role-replication'
  | 'row-security'
  | 'server-features'
  | 'server-version'
  | 'slot-active'
  | 'slot-foreign'
  | 'slot-lost'
  | 'standby'
  | 'table-missing'
  | 'topic-compacted'
  | 'topic-compression'
  | 'topic-in-sync'
  | 'topic-leader'
  | 'topic-message-size'
  | 'topic-missing'
  | 'topic-partitions'
  | 'topic-replication'
  | 'topic-retention'
  | 'topic-retention-bytes'
  | 'topic-unclean-election'
  | 'types-as-text'
  | 'wal-keep-small'
  | 'wal-keep-unlimited'
  | 'wal-level'
  | 'wal-sender-timeout';

/** An error stops everything; a warning is told and capture goes on; an info is worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** What it is about: a table, a setting, a role. */
  readonly subject: string;
  readonly problem: string;
  /** What to do about it, where possible the statement. */
  readonly remedy: string;
}

export interface SourceDemand {
  /** `schema.table` */
  readonly table: string;
  /** Key columns that the read model declares. */
  readonly key: readonly string[];
}
