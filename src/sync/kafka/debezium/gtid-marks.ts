import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';
import { mysqlGtidCount } from './binlog-position.ts';
import type { TransactionMark } from './postgres-position.ts';
import { binlogMarks, type RowMark, type TransactionMarks } from './transaction-marks.ts';
import type { EventSource } from './envelope.ts';

/**
 * Marks of a MySQL whose set of GTIDs may hold transactions of several servers: those of the one that writes follow all others, so
 * that a position is what the whole set counts. It holds while one server writes; its topics have no order with another's.
 */
export class GtidMarks implements TransactionMarks {
  readonly sharePlaces = binlogMarks.sharePlaces;
  readonly isFirst = (): boolean => false;
  readonly #set: string;
  #server: string | undefined;
  #before: Position = 0n;

  /** `set`: what `@@gtid_executed` says; empty where nobody can be asked. */
  constructor(set: string) {
    this.#set = set.replaceAll(/\s/g, '');
  }

  /** Throws FIG_LOG_FORKED as soon as another server writes. */
  ofRow(id: string, source: EventSource): RowMark {
    const mark = binlogMarks.ofRow(id, source);
    return { ...mark, at: mark.at + this.#beforeServer(id) };
  }

  ofNote(id: string): TransactionMark {
    const mark = binlogMarks.ofNote(id);
    return { ...mark, position: mark.position + this.#beforeServer(id) };
  }

  #beforeServer(id: string): Position {
    const [, server, tag] = /^([0-9a-fA-F-]{36}):([a-z_]\w*:)?/.exec(id) ?? [];
    // Of a MariaDB, or without GTIDs.
    if (server === undefined) return 0n;
    const writer = server.toLowerCase();
    if (tag !== undefined || (this.#server !== undefined && this.#server !== writer)) throw otherWriter(id);
    if (this.#server === undefined) {
      this.#server = writer;
      const others = this.#set.split(',').filter((each) => !each.toLowerCase().startsWith(`${writer}:`));
      this.#before = mysqlGtidCount(others.join(','));
    }
    return this.#before;
  }
}

function otherWriter(id: string): FigError {
  const message = `the transaction ${id} has no order with those before: another server writes, or it is tagged`;
  return new FigError('FIG_LOG_FORKED', message, {
    remedy: 'Land anew: see "To land anew" in docs/mysql-family.md. Transactions with tags are not read.',
  });
}
