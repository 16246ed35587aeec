import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { settledByMs } from '../../config/settled-writes.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position, SourcePosition } from '../../kernel/position.ts';
import { MysqlSourcePosition } from '../../sync/landing/mysql-position.ts';
import { PostgresSourcePosition } from '../../sync/postgres/source-position.ts';

/** Where the log of the legacy database is; undefined: no database is told, or writes are ordered by time. */
export function openLegacyPosition(
  config: Pick<NormalizedConfig, 'events' | 'legacy'>,
  log: Log,
): (SourcePosition & AsyncDisposable) | undefined {
  const { database, mysql } = config.legacy;
  if (settledByMs(config) !== undefined) return undefined;
  if (mysql !== undefined) return new MysqlSourcePosition(mysql);
  return database === undefined ? undefined : new PostgresSourcePosition(database, log);
}

/** For somebody who is about to wait for it; without a nudge an idle database would keep them waiting. */
export async function readAndNudge(source: SourcePosition): Promise<Position> {
  const position = await source.read();
  source.nudge();
  return position;
}
