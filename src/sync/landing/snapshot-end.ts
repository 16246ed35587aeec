import type { Position } from '../../kernel/position.ts';
import type { EndedSnapshot } from '../kafka/debezium/debezium-stream.ts';
import type { LandingTable } from './landing-table.ts';
import type { MysqlServer } from './mysql-server.ts';

export interface SnapshotQuestion {
  readonly ended: EndedSnapshot;
  /** By the names of their topics. */
  readonly tables: ReadonlyMap<string, LandingTable>;
  /** Undefined: nobody can be asked. */
  readonly server: MysqlServer | undefined;
  /** Whether positions of the legacy server's log are needed. */
  readonly isExact: boolean;
}

/**
 * The position that the tables stand at when a snapshot has landed and nothing else; undefined while that is not known. Of a table
 * without rows no message comes, so it has to be seen to be empty, at a moment when the server had written nothing since.
 */
export async function positionOfSnapshot(question: SnapshotQuestion): Promise<Position | undefined> {
  const { ended, tables, server, isExact } = question;
  const silent = [...tables].filter(([topic]) => !ended.topics.has(topic));
  if (silent.length > 0) {
    if (!server || ended.place === undefined) return undefined;
    for (const [, { definition }] of silent) if (!(await server.isEmpty(definition.name))) return undefined;
    if (!(await server.isAt(ended.place))) return undefined;
  }
  if (!isExact) return 0n;
  return ended.place && server?.positionAt(ended.place);
}
