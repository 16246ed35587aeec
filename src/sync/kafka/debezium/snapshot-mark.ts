import type { JsonObject } from './connect-message.ts';

/** A place in the binary log of a server of the MySQL family. */
export interface BinlogPlace {
  /** `binlog.000007` */
  readonly file: string;
  readonly offset: bigint;
}

/** What a row that a snapshot read tells of the snapshot. */
export interface SnapshotMark {
  /** Where the log was when the snapshot was taken: the same for all of its rows. Only the MySQL family tells it. */
  readonly place: BinlogPlace | undefined;
  /** Whether it is the last row of its table. */
  readonly endsTable: boolean;
  /** Read beside the changes, table by table, because a signal asked for it. */
  readonly isIncremental: boolean;
}

/** Pure. `source`: that of the envelope (Debezium 2.6 and 3.3, "Snapshot event"). */
export function snapshotMark(source: JsonObject): SnapshotMark {
  const { snapshot, file, pos } = source;
  const isPlaced = typeof file === 'string' && (typeof pos === 'number' || typeof pos === 'string');
  return {
    place: isPlaced ? { file, offset: BigInt(pos) } : undefined,
    endsTable: snapshot === 'last' || snapshot === 'last_in_data_collection',
    isIncremental: snapshot === 'incremental',
  };
}
