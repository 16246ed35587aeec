import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { legacyNameOf, settledByMs } from '../../config/settled-writes.ts';
import { describeError, FigError } from '../../kernel/fig-error.ts';
import { silentLog } from '../../kernel/log.ts';
import { inspectConnectorTopics } from '../../sync/kafka/preflight/inspect-connector-topics.ts';
import { inspectMysql } from '../../sync/landing/inspect-mysql.ts';
import type { Finding } from '../../sync/postgres/preflight/finding.ts';

/** What is to be known before tables of MySQL land, without touching anything. `tables`: names, `orders`. */
export async function inspectLanding(config: NormalizedConfig, tables: readonly string[]): Promise<readonly Finding[]> {
  return [...(await inspectLegacy(config, tables)), ...(await inspectTopics(config, tables))];
}

async function inspectTopics(config: NormalizedConfig, tables: readonly string[]): Promise<readonly Finding[]> {
  const { events } = config;
  if (events.via !== 'debezium') return [];
  const { prefix } = events;
  const topics = tables.map((table) => `${prefix}.${legacyNameOf(config)}.${table}`);
  return inspectConnectorTopics(events, { tables: topics, transactions: `${prefix}.transaction` }, silentLog);
}

async function inspectLegacy(config: NormalizedConfig, tables: readonly string[]): Promise<readonly Finding[]> {
  const { mysql } = config.legacy;
  const settleMs = settledByMs(config);
  const byTime = settleMs === undefined ? [] : [settledFinding(settleMs, mysql !== undefined)];
  if (mysql === undefined) return byTime;
  try {
    return [...byTime, ...(await inspectMysql(mysql, { tables, isExact: settleMs === undefined }))];
  } catch (error) {
    if (error instanceof FigError) throw error;
    return [
      ...byTime,
      {
        id: 'legacy-account',
        severity: 'error',
        subject: 'legacy.database',
        problem: `cannot be asked: ${describeError(error)}`,
        remedy: 'Correct its URL, or let the server admit this machine and account.',
      },
    ];
  }
}

function settledFinding(settleMs: number, hasAccount: boolean): Finding {
  const why = hasAccount ? 'events.settle is set' : 'no account at the legacy server is told';
  const seconds = settleMs / 1_000;
  return {
    id: 'landing-by-time',
    severity: 'warning',
    subject: 'events.settle',
    problem: `${why}, so time takes the place of positions: verdicts that rest on it say "settled", visitors who wrote read from legacy for ${seconds} s and more after each write, and a connector that is further behind shows them old rows`,
    remedy: 'Give fig an account that may read (legacy.database): docs/mysql-family.md.',
  };
}
