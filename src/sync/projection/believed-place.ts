import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import type { Stage } from './derivation.ts';
import type { MoveListener } from './projection-options.ts';
import {
  type BuildCursor,
  type ProjectionRow,
  ProjectionStore,
  type ProjectionState,
  type Standing,
} from '../../store/projection-store.ts';

const remedy = 'Run one capturing process; the other one may be a fig that has not stopped yet.';

/** The projection is another session's by now: nothing of this one's work can be done any more. */
export class ProjectionTaken extends FigError {
  constructor(message: string) {
    super('FIG_PROJECTION_FAILED', message, { remedy });
  }
}

/**
 * Where this process believes a projection to be. What it does in that belief is committed only if the store agrees: a
 * process that stood still may wake after another one took over, and the answer to a COMMIT may be lost.
 */
export class BelievedPlace implements Standing {
  state: ProjectionState = 'copying';
  /** Log position that the rows stand at, durably. */
  position: Position = 0n;
  timeline: number | undefined;
  buildCursor: BuildCursor | undefined;
  #epoch: string | undefined;
  #isClaimed = false;
  readonly #name: string;
  readonly #store = new ProjectionStore();
  readonly #listener: MoveListener | undefined;

  constructor(name: string, listener?: MoveListener) {
    this.#name = name;
    this.#listener = listener;
  }

  get stage(): Stage {
    return { state: this.state, cursor: this.buildCursor };
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Looks up whose it is, which is what a claim rests on. From a claim on it is this process's, or no place to go on from. */
  see(row: ProjectionRow | undefined): void {
    if (!this.#isClaimed) this.#epoch = row?.epoch;
    else if (row?.epoch !== this.#epoch) throw this.#isTaken();
  }

  /**
   * Makes the projection this process's. Only for whoever holds the slot: since it was looked up nobody else may have come
   * to hold it, or this is the one who stood still.
   */
  async claim(db: Knex): Promise<void> {
    const epoch = await this.#store.claim(db, this.#name, this.#epoch);
    if (epoch === undefined) throw this.#isTaken();
    this.#epoch = epoch;
    this.#isClaimed = true;
  }

  standAt(place: Pick<BelievedPlace, 'state' | 'position' | 'timeline' | 'buildCursor'>): void {
    this.state = place.state;
    this.position = place.position;
    this.timeline = place.timeline;
    this.buildCursor = place.buildCursor;
  }

  /** What was walked has to be walked again. */
  beginAnew(state: 'copying' | 'building'): void {
    this.state = state;
    this.buildCursor = undefined;
  }

  /** Looks up state and walk again: the answer to a COMMIT that moved them may have been lost. */
  async recall(db: Knex): Promise<void> {
    const row = await this.#store.find(db, this.#name);
    this.see(row);
    if (row?.position !== this.position) throw this.#isMoved();
    this.state = row.state;
    this.buildCursor = row.buildCursor;
  }

  /** For work that is right only here, and that does not move it. */
  async hold(tx: Knex.Transaction): Promise<void> {
    if (!(await this.#store.holds(tx, this.#name, this))) throw await this.#disagreement(tx);
  }

  /** For work that is right wherever the projection is, as long as it is this process's. */
  async own(tx: Knex.Transaction): Promise<void> {
    if (!(await this.#store.isOf(tx, this.#name, this.#epoch))) throw this.#isTaken();
  }

  async advance(tx: Knex.Transaction, position: Position): Promise<void> {
    if (!(await this.#store.advance(tx, this.#name, this, position))) throw await this.#disagreement(tx);
    await this.tellMoved(tx, position);
  }

  /** Keeps beside the position whatever belongs to it. */
  async tellMoved(tx: Knex.Transaction, position: Position): Promise<void> {
    await this.#listener?.moved(tx, this.#name, position);
  }

  async saveBuildCursor(tx: Knex.Transaction, cursor: BuildCursor, built: number): Promise<void> {
    const isSaved = await this.#store.saveBuildCursor(tx, this.#name, this, { cursor, built });
    if (!isSaved) throw await this.#disagreement(tx);
  }

  async #disagreement(tx: Knex.Transaction): Promise<FigError> {
    return (await this.#store.isOf(tx, this.#name, this.#epoch)) ? this.#isMoved() : this.#isTaken();
  }

  #isMoved(): FigError {
    return new FigError('FIG_PROJECTION_FAILED', `another process moved the projection ${this.#name}`, { remedy });
  }

  #isTaken(): ProjectionTaken {
    return new ProjectionTaken(`another process took over the projection ${this.#name}`);
  }
}
