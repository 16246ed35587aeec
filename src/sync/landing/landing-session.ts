import type { Knex } from 'knex';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { laterPosition, type Position } from '../../kernel/position.ts';
import { sleep } from '../../kernel/service.ts';
import type { StreamEvent } from '../change.ts';
import type { DebeziumStream } from '../kafka/debezium/debezium-stream.ts';
import { collapseChanges } from '../mirror/collapse-changes.ts';
import { inTransaction } from '../projection/in-transaction.ts';
import type { Landed, LandingPlace } from './landing-place.ts';
import type { LandingTable } from './landing-table.ts';
import type { MysqlServer } from './mysql-server.ts';
import type { SchemaWatch } from './schema-watch.ts';
import type { SettledWrites } from './settled-writes.ts';
import { positionOfSnapshot } from './snapshot-end.ts';

const LOOK_EVERY_MS = 1_000;

export interface LandingSessionParts {
  /** The landing database. */
  readonly db: Knex;
  readonly place: LandingPlace;
  /** What had landed when the session began. */
  readonly landed: Landed;
  readonly stream: DebeziumStream;
  readonly schemas: SchemaWatch;
  /** By the names that the connector has for them, `database.table`. */
  readonly tables: ReadonlyMap<string, LandingTable>;
  /** Of the topics of these tables, with the dot. */
  readonly prefix: string;
  /** Undefined: nobody can be asked. */
  readonly server: MysqlServer | undefined;
  /** Present where visitors' writes are ordered by time. */
  readonly settled: SettledWrites | undefined;
  /** Told when everything has landed that was in the topics at some time since the session began. */
  readonly onLevel: () => void;
  /** Told why it is not known yet whether the snapshot has ended. */
  readonly onWaiting: (reason: string) => void;
  readonly log: Log;
}

/** Lands what a stream gives, from where it begins until it ends. */
export class LandingSession {
  readonly #parts: LandingSessionParts;
  #landed: Landed;
  /** Whether all was read that was in the topics when the session began, and with it whatever it may be refused for. */
  #isLevel = false;

  constructor(parts: LandingSessionParts) {
    this.#parts = parts;
    this.#landed = parts.landed;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { stream, settled, schemas } = this.#parts;
    const wait = (): Promise<'look'> => sleep(LOOK_EVERY_MS, signal).then(() => 'look');
    let [pending, next] = [stream.next(), wait()];
    while (!signal.aborted) {
      const events = await Promise.race([next, pending]);
      if (events === undefined) return;
      if (this.#landed.isWhole) schemas.judge(this.#landed.snapshotPlace);
      if (events !== 'look') {
        await this.#land(events);
        pending = stream.next();
        continue;
      }
      next = wait();
      // What was given out just now has to land first.
      const isEmpty = (await Promise.race([pending, Promise.resolve('nothing')])) === 'nothing';
      if (isEmpty && !this.#landed.isWhole) await this.#endSnapshot();
      if (!this.#landed.isWhole) continue;
      const landedAt = stream.landedAt(this.#landed.position);
      const areChangesRead = schemas.isLevel;
      schemas.judge(this.#landed.snapshotPlace);
      if (landedAt === undefined || !areChangesRead) continue;
      await this.#level();
      await settled?.tell(landedAt);
    }
  }

  async #land(events: readonly StreamEvent[]): Promise<void> {
    const { db, place, tables, stream, schemas } = this.#parts;
    const before = this.#landed;
    const position = events.reduce((reached, event) => laterPosition(reached, endOf(event)), before.position);
    const changes = events.flatMap((event) => (event.type === 'transaction' ? event.transaction.changes : []));
    const keys = new Map([...tables].map(([name, { definition }]) => [name, definition.key]));
    const net = collapseChanges(changes, keys);
    const isMoved = position > before.position;
    const landed = {
      position,
      snapshots: new Map([...stream.snapshotOffsets, ...schemas.judged]),
      snapshotPlace: stream.snapshotPlace,
      isWhole: before.isWhole || isMoved,
      hasTransactions: before.hasTransactions || isMoved,
    };
    await inTransaction(db, async (tx) => {
      for (const [name, table] of net) await tables.get(name)!.land(tx, table);
      await place.move(tx, landed, this.#isLevel);
    });
    this.#landed = landed;
  }

  /** From here on positions are told: before, one behind what the session is about to be refused for could be. */
  async #level(): Promise<void> {
    if (this.#isLevel) return;
    const { db, place, onLevel } = this.#parts;
    await inTransaction(db, (tx) => place.move(tx, this.#landed, true));
    this.#isLevel = true;
    onLevel();
  }

  /** Where nobody writes, no transaction says that the snapshot has ended. */
  async #endSnapshot(): Promise<void> {
    const { db, place, stream, server, settled, prefix, tables, onWaiting, log } = this.#parts;
    const ended = stream.endedSnapshot;
    if (!ended) return;
    const byTopic = new Map([...tables].map(([name, table]) => [`${prefix}${name}`, table]));
    const question = { ended, tables: byTopic, server, isExact: settled === undefined };
    const position = await positionOfSnapshot(question).catch((error: unknown) => {
      // The next transaction tells it as well.
      onWaiting(describeError(error));
      return undefined;
    });
    if (position === undefined) return;
    const landed = { ...this.#landed, position, isWhole: true };
    await inTransaction(db, (tx) => place.move(tx, landed, this.#isLevel));
    this.#landed = landed;
    log.info({ position: String(position) }, 'the snapshot of the connector has landed');
  }
}

function endOf(event: StreamEvent): Position {
  return event.type === 'position' ? event.position : event.transaction.endPosition;
}
