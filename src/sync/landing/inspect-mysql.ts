import { FigError } from '../../kernel/fig-error.ts';
import type { Finding } from '../postgres/preflight/finding.ts';
import { describeMysqlTable } from './mysql-catalog.ts';
import { openMysql } from './mysql-connection.ts';
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
  const unknown = isExact ? await refusalOf(server.position()) : undefined;
  if (unknown) findings.push(finding('legacy-positions', 'error', 'legacy.database', unknown));
  const hidden = await refusalOf(server.isAt({ file: 'none.000000', offset: 0n }));
  if (hidden && !unknown) findings.push(finding('legacy-log-end', 'warning', 'legacy.database', hidden));
  return findings;
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
