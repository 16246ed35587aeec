import type { Knex } from 'knex';
import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import {
  type BuildCursor,
  ProjectionStore,
  type ProjectionState,
  type Standing,
} from '../../store/projection-store.ts';

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
  readonly #name: string;
  readonly #store = new ProjectionStore();

  constructor(name: string) {
    this.#name = name;
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

  /** Looks up how far the walk is. */
  async recallWalk(db: Knex): Promise<void> {
    const row = await this.#store.find(db, this.#name);
    if (row?.position !== this.position) throw this.#isMoved();
    this.state = row.state;
    this.buildCursor = row.buildCursor;
  }

  /** For work that is right only here, and that does not move it. */
  async hold(tx: Knex.Transaction): Promise<void> {
    if (!(await this.#store.holds(tx, this.#name, this))) throw this.#isMoved();
  }

  async advance(tx: Knex.Transaction, position: Position): Promise<void> {
    if (!(await this.#store.advance(tx, this.#name, this, position))) throw this.#isMoved();
  }

  async saveBuildCursor(tx: Knex.Transaction, cursor: BuildCursor, built: number): Promise<void> {
    if (!(await this.#store.saveBuildCursor(tx, this.#name, this, { cursor, built }))) throw this.#isMoved();
  }

  #isMoved(): FigError {
    return new FigError('FIG_PROJECTION_FAILED', `another process moved the projection ${this.#name}`, {
      remedy: 'Run one capturing process; the other one may be a fig that has not stopped yet.',
    });
  }
}
