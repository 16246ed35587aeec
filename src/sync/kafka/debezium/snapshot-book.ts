import { FigError } from '../../../kernel/fig-error.ts';
import { binlogPosition } from './binlog-position.ts';
import type { BinlogPlace, SnapshotMark } from './snapshot-mark.ts';

/** Of the place of a row: its number in the event of the log. */
const ROW_BITS = 32n;

/** Where whoever takes the rows of a snapshot goes on. */
export interface SnapshotStart {
  /** Of the first row that was not taken, by topic and partition. */
  readonly offsets: ReadonlyMap<string, bigint>;
  /** Of the snapshot whose rows were taken. */
  readonly place: BinlogPlace | undefined;
  /** Whether all of it was taken: no other one may follow, since what happened in between is in no topic. */
  readonly isWhole: boolean;
}

/** A connector has begun its snapshot anew before it had ended: rows of the earlier one may be gone by now. */
export class SnapshotBegunAnew extends FigError {
  readonly place: BinlogPlace;

  constructor(place: BinlogPlace) {
    super('FIG_TOPIC_WAITS', `the connector has begun its snapshot anew, at ${place.file} ${place.offset}`);
    this.place = place;
  }
}

export interface SnapshotRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly mark: SnapshotMark;
}

/** Which rows of snapshots are to be taken, and how far the snapshot is. No I/O. */
export class SnapshotBook {
  readonly #offsets: Map<string, bigint>;
  readonly #isWhole: boolean;
  readonly #ended = new Set<string>();
  #place: BinlogPlace | undefined;

  constructor(start: SnapshotStart) {
    this.#offsets = new Map(start.offsets);
    this.#place = start.place;
    this.#isWhole = start.isWhole;
  }

  get offsets(): ReadonlyMap<string, bigint> {
    return this.#offsets;
  }

  get place(): BinlogPlace | undefined {
    return this.#place;
  }

  /** Topics whose last row was seen. */
  get ended(): ReadonlySet<string> {
    return this.#ended;
  }

  /** Whether the row is to be taken. Throws SnapshotBegunAnew, and FIG_TOPIC_GAP where the snapshot before was whole. */
  take({ topic, partition, offset, mark }: SnapshotRow): boolean {
    // It repeats what is there, and its row may be newer than the transactions that are still to come.
    if (mark.isIncremental) return false;
    const at = `${topic}/${partition}`;
    const isTaken = offset < (this.#offsets.get(at) ?? 0n);
    const order = mark.place && this.#place ? comparePlaces(mark.place, this.#place) : 0;
    if (isTaken && order !== 0) return false;
    if (!isTaken && this.#isWhole && (order !== 0 || this.#place === undefined)) throw newSnapshot(topic);
    if (order > 0) throw new SnapshotBegunAnew(mark.place!);
    if (order < 0) return false;
    this.#place ??= mark.place;
    if (mark.endsTable) this.#ended.add(topic);
    if (isTaken) return false;
    this.#offsets.set(at, offset + 1n);
    return true;
  }

  /** `place`: that of a row that was changed, see `RowMark`. Throws FIG_TOPIC_GAP where the snapshot was taken after it. */
  judgeChange(topic: string, place: bigint): void {
    if (this.#isWhole || this.#place === undefined) return;
    const { file, offset } = this.#place;
    // What it holds would be written over what the snapshot found later.
    if (place >> ROW_BITS < binlogPosition(file, offset)) throw newSnapshot(topic);
  }
}

function newSnapshot(topic: string): FigError {
  const message = `${topic}: the connector has taken another snapshot, and what was changed and deleted before it is in no topic`;
  return new FigError('FIG_TOPIC_GAP', message, {
    remedy: 'Land anew: see "To land anew" in docs/mysql-family.md. Let the connector keep its offsets.',
  });
}

function comparePlaces(a: BinlogPlace, b: BinlogPlace): number {
  const [left, right] = [binlogPosition(a.file, a.offset), binlogPosition(b.file, b.offset)];
  return left < right ? -1 : left > right ? 1 : 0;
}
