import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';

/** Bits of a position that hold the offset: a binary log's events tell it in 32. */
const OFFSET_BITS = 32n;
const MOST_OFFSET = (1n << OFFSET_BITS) - 1n;

/**
 * A place in the binary log of one MySQL or MariaDB server as a position: the number at the end of the file's name, then the
 * offset in it. Ordered as the server writes. It holds for one server and one life of its log: not across a failover, and not
 * across RESET MASTER, after which the numbers begin again.
 */
export function binlogPosition(file: string, offset: bigint): Position {
  const number = /\.(\d{1,9})$/.exec(file)?.[1];
  if (number === undefined || offset < 0n || offset > MOST_OFFSET) {
    throw new FigError('FIG_DEBEZIUM_MESSAGE', `no place in a binary log: ${JSON.stringify(file)} at ${offset}`);
  }
  return (BigInt(number) << OFFSET_BITS) | offset;
}

/**
 * The last transaction of a MariaDB GTID position (`0-1-270`, what `@@gtid_binlog_pos` gives) as a position: its sequence number.
 * Numbers of one domain are ordered across servers, so it holds through a failover; those of two domains are not ordered, so a
 * server with several is refused. Throws FIG_DEBEZIUM_SETTING.
 */
export function mariadbGtidPosition(gtid: string): Position {
  const domains = gtid.split(',').filter((each) => each !== '');
  const parts = /^(\d+)-(\d+)-(\d+)$/.exec(domains[0] ?? '');
  if (domains.length > 1) {
    throw new FigError('FIG_DEBEZIUM_SETTING', `the server writes in ${domains.length} GTID domains: ${gtid}`, {
      remedy: 'Use file and offset as positions: transactions of two domains have no order.',
    });
  }
  if (!parts) throw new FigError('FIG_DEBEZIUM_MESSAGE', `no MariaDB GTID: ${JSON.stringify(gtid)}`);
  return BigInt(parts[3]!);
}

/**
 * How many transactions a MySQL GTID set (`uuid:1-5:7,uuid:1-3`) holds. It grows by one with each, so it is a position of what
 * `@@gtid_executed` says, and of a set that Debezium keeps; a single transaction's GTID has no place in it when several servers
 * have written.
 */
export function mysqlGtidCount(set: string): Position {
  let count = 0n;
  for (const each of set.replaceAll(/\s/g, '').split(',')) {
    const [, ...intervals] = each.split(':');
    for (const interval of intervals) {
      const parts = /^(\d+)(?:-(\d+))?$/.exec(interval);
      // A tag of MySQL 8.4 stands between intervals.
      if (!parts) continue;
      count += BigInt(parts[2] ?? parts[1]!) - BigInt(parts[1]!) + 1n;
    }
  }
  return count;
}

/**
 * Reads the id that a connector of the MySQL family gives to transactions: their GTID, or `file=...,pos=...` without GTIDs. A
 * GTID of MySQL counts within the server that wrote it.
 */
export function binlogTransaction(id: string): Position {
  const place = /^file=([^,]+),pos=(\d+)$/.exec(id);
  if (place) return binlogPosition(place[1]!, BigInt(place[2]!));
  const mysql = /^[0-9a-fA-F-]{36}:(?:[a-z_]\w*:)?(\d+)$/.exec(id);
  return mysql ? BigInt(mysql[1]!) : mariadbGtidPosition(id);
}
