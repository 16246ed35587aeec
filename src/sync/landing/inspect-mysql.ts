import { FigError } from '../../kernel/fig-error.ts';
import type { Finding } from '../postgres/preflight/finding.ts';
import { describeMysqlTable } from './mysql-catalog.ts';
import { type MysqlConnection, openMysql } from './mysql-connection.ts';
import { MysqlServer } from './mysql-server.ts';

export interface MysqlInspection {
  readonly tables: readonly string[];
  /** Whether positions of its log are needed. */
  readonly isExact: boolean;
}

/** What an account sees of the legacy server, and what it lacks. Rejects when the server does not answer. */
export async function inspectMysql(url: string, { tables, isExact }: MysqlInspection): Promise<readonly Finding[]> {
  await using connection = openMysql(url);
  const server = new MysqlServer(connection);
  const findings: Finding[] = [];
  for (const table of tables) {
    const error = await refusalOf(describeMysqlTable(connection, table));
    if (error) findings.push(finding('landing-table', 'error', table, error));
  }
  findings.push(...(await inspectLog(connection)));
  if (findings.some(({ subject }) => subject === 'log_bin')) return findings;
  const unknown = isExact ? await refusalOf(server.position()) : undefined;
  if (unknown) findings.push(finding('legacy-positions', 'error', 'legacy.database', unknown));
  const hidden = await refusalOf(server.isAt({ file: 'none.000000', offset: 0n }));
  if (hidden && !unknown) findings.push(finding('legacy-log-end', 'warning', 'legacy.database', hidden));
  return findings;
}

/** What the server has to be set to, so that its log tells whole rows. */
const needed = new Map([
  ['log_bin', 'ON'],
  ['binlog_format', 'ROW'],
  ['binlog_row_image', 'FULL'],
]);

/** These may be set for a session alone, too: what others are set to is not seen. */
async function inspectLog(connection: MysqlConnection): Promise<readonly Finding[]> {
  const names = [...needed.keys()];
  const rows = await connection.rows(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map(() => '?').join(', ')})`,
    names,
  );
  return rows.flatMap(({ Variable_name: name, Value: value }): readonly Finding[] => {
    const right = needed.get(name!);
    if (right === value) return [];
    const problem = `is ${value}: the log of the legacy server does not tell whole rows`;
    const remedy =
      name === 'log_bin'
        ? 'Start the legacy server with `log_bin`.'
        : `SET GLOBAL ${name} = '${right}', and in the server's configuration; connections that are open keep what they have.`;
    return [{ id: 'legacy-log', severity: 'error', subject: name!, problem, remedy }];
  });
}

function finding(id: Finding['id'], severity: Finding['severity'], subject: string, error: FigError): Finding {
  return { id, severity, subject, problem: error.message, remedy: error.remedy };
}

async function refusalOf(answer: Promise<unknown>): Promise<FigError | undefined> {
  try {
    await answer;
    return undefined;
  } catch (error) {
    if (error instanceof FigError) return error;
    throw error;
  }
}
