import type { Finding } from './finding.ts';
import type { ServerFacts } from './server-facts.ts';

const MEGABYTE = 1024 * 1024;
const SMALL_KEEP_BYTES = 256 * MEGABYTE;
/** Status is sent every second; a busy machine may be late by a few. */
const SHORT_SENDER_TIMEOUT_MS = 5_000;
/** A fig that is deployed or repaired is back within this. */
const SHORT_IDLE_TIMEOUT_MS = 60 * 60_000;
/** Capture, backfill and positions need six; the rest is so that the legacy app is not turned away. */
const FEW_CONNECTIONS = 10;

/** Pure: what the server cannot do, or would be harmed by. */
export function judgeServer(facts: ServerFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (facts.version < 140_000) {
    findings.push({
      id: 'server-version',
      severity: 'error',
      subject: 'server',
      problem: `PostgreSQL ${facts.versionText} is older than 14`,
      remedy: 'Upgrade: markers in the stream need version 14.',
    });
  }
  if (facts.inRecovery) {
    findings.push({
      id: 'standby',
      severity: 'error',
      subject: 'server',
      problem: 'is a standby: publication, slot and markers are written on the primary',
      remedy: 'Let legacy.database name the primary.',
    });
  }
  if (facts.encoding === 'SQL_ASCII') {
    findings.push({
      id: 'encoding',
      severity: 'error',
      subject: 'server_encoding',
      problem:
        'is SQL_ASCII: nobody knows which characters its bytes are, and the first that is not ASCII could not be stored',
      remedy: 'Dump the database and restore it into one with the encoding that its texts have, most often UTF8.',
    });
  }
  if (facts.walLevel !== 'logical') {
    findings.push({
      id: 'wal-level',
      severity: 'error',
      subject: 'wal_level',
      problem: `is ${facts.walLevel}`,
      remedy: 'ALTER SYSTEM SET wal_level = logical; then restart the server. (RDS: rds.logical_replication = 1.)',
    });
  }
  return [...findings, ...judgeRoom(facts), ...judgeTimeouts(facts), ...judgeLogKept(facts), judgeFeatures(facts)];
}

function judgeRoom(facts: ServerFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (facts.otherSlots >= facts.maxSlots) {
    findings.push({
      id: 'max-replication-slots',
      severity: 'error',
      subject: 'max_replication_slots',
      problem: `all ${facts.maxSlots} are taken`,
      remedy:
        'Raise it and restart the server, or drop an unused slot: SELECT slot_name, active FROM pg_replication_slots;',
    });
  }
  if (facts.otherSenders >= facts.maxSenders) {
    findings.push({
      id: 'max-wal-senders',
      severity: 'error',
      subject: 'max_wal_senders',
      problem: `all ${facts.maxSenders} are taken`,
      remedy: 'Raise it and restart the server.',
    });
  }
  if (facts.connectionsLeft < FEW_CONNECTIONS) {
    findings.push({
      id: 'connections-left',
      severity: 'warning',
      subject: 'max_connections',
      problem: `leaves ${Math.max(0, facts.connectionsLeft)} connections, of which fig takes up to six`,
      remedy: 'Raise max_connections, or end connections that nobody uses.',
    });
  }
  return findings;
}

function judgeTimeouts(facts: ServerFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (facts.senderTimeoutMs === 0) {
    findings.push({
      id: 'wal-sender-timeout',
      severity: 'warning',
      subject: 'wal_sender_timeout',
      problem: 'is off: when the network cuts a connection without a word, the slot stays taken for hours',
      remedy: "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();",
    });
  } else if (facts.senderTimeoutMs < SHORT_SENDER_TIMEOUT_MS) {
    findings.push({
      id: 'wal-sender-timeout',
      severity: 'warning',
      subject: 'wal_sender_timeout',
      problem: `is ${facts.senderTimeoutMs} ms: a busy moment of fig would end the stream`,
      remedy: "ALTER SYSTEM SET wal_sender_timeout = '60s'; SELECT pg_reload_conf();",
    });
  }
  if (facts.idleSlotTimeoutMs !== undefined && facts.idleSlotTimeoutMs < SHORT_IDLE_TIMEOUT_MS) {
    findings.push({
      id: 'idle-slot-timeout',
      severity: 'warning',
      subject: 'idle_replication_slot_timeout',
      problem: `is ${Math.round(facts.idleSlotTimeoutMs / 1_000)} s: after a longer stop of fig the read models are built again`,
      remedy: "ALTER SYSTEM SET idle_replication_slot_timeout = '1d'; SELECT pg_reload_conf();",
    });
  }
  return findings;
}

function judgeLogKept({ slotKeepBytes, walBytes }: ServerFacts): readonly Finding[] {
  if (slotKeepBytes === undefined) {
    return [
      {
        id: 'wal-keep-unlimited',
        severity: 'warning',
        subject: 'max_slot_wal_keep_size',
        problem: 'is unlimited: a stopped capture could fill the disk with log',
        remedy: "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();",
      },
    ];
  }
  const now = walBytes === undefined ? '' : `; the log takes ${megabytes(walBytes)} now`;
  const disk: Finding = {
    id: 'disk',
    severity: 'info',
    subject: 'disk',
    problem: `while fig is stopped the server keeps up to ${megabytes(slotKeepBytes)} of log for it${now}`,
    remedy: 'See that the disk of pg_wal has that much room; no server tells how much is free.',
  };
  if (slotKeepBytes >= SMALL_KEEP_BYTES) return [disk];
  return [
    disk,
    {
      id: 'wal-keep-small',
      severity: 'warning',
      subject: 'max_slot_wal_keep_size',
      problem: `is ${megabytes(slotKeepBytes)}: after a short stop of fig, or a large transaction, the slot is lost and the read models are built again`,
      remedy: "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();",
    },
  ];
}

/** What newer versions have that matters here. */
const features: readonly { readonly since: number; readonly lacks: string }[] = [
  { since: 17, lacks: 'slots that survive a failover (17): after one, the read models are built again' },
  { since: 18, lacks: 'a limit on the time that an idle slot is kept (18)' },
];

/** The slot is made for it; these are the servers' part, which the primary does not know of its standby. */
const survivesFailover = [
  'Nothing to do without a standby. For the slot to survive a failover, set on the standby sync_replication_slots = on,',
  'hot_standby_feedback = on, primary_slot_name and a dbname in primary_conninfo; on the primary, so that fig is never ahead of',
  'the standby, synchronized_standby_slots = the name of its slot. Else the read models are built again after one.',
].join(' ');

function judgeFeatures({ version, versionText }: ServerFacts): Finding {
  const major = Math.floor(version / 10_000);
  const lacking = features.filter(({ since }) => major < since).map(({ lacks }) => lacks);
  return {
    id: 'server-features',
    severity: 'info',
    subject: 'server',
    problem: `PostgreSQL ${versionText}${lacking.length === 0 ? ' has all that fig knows of' : ` lacks ${lacking.join('; ')}`}`,
    remedy: major < 17 ? 'Nothing to do.' : survivesFailover,
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / MEGABYTE).toLocaleString('en-US')} MB`;
}
