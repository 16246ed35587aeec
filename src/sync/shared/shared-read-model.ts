import type { SharedReadModelDefinition } from '../../config/shared-read-model.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { laterPosition, positionZero, type Position, type SourcePosition } from '../../kernel/position.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { AppliedTracker } from '../applied-tracker.ts';
import { LagMeter } from '../capture/lag-meter.ts';
import type { ReadModelProgress } from '../read-model-progress.ts';
import type { PrimaryWatch } from './primary-watch.ts';
import { ReplicaWatch } from './replica-watch.ts';
import { ensureViews } from './shared-views.ts';

/** Past the end of every log: the legacy database itself is never behind. */
const always: Position = 2n ** 63n - 1n;
const SAMPLE_EVERY_MS = 500;

export interface SharedOptions {
  readonly definition: SharedReadModelDefinition;
  readonly legacyDatabase: string;
  readonly primary: PrimaryWatch;
  readonly source: SourcePosition;
  readonly log: Log;
  /** Told how current reads are whenever that changes; undefined while nobody knows. */
  readonly onPosition: (position: Position | undefined) => void;
}

/** A read model whose queries run on the legacy database or on a replica of it: views at most, and a position. */
export class SharedReadModel implements Service {
  readonly name: string;
  readonly applied = new AppliedTracker();
  readonly #options: SharedOptions;
  readonly #lag = new LagMeter();
  readonly #replica: ReplicaWatch | undefined;
  readonly #loops: Service[];
  /** What must have been replayed for the views to be there; undefined: they are not made yet. */
  #viewsAt: Position | undefined;
  #viewsError: string | undefined;
  #replayed: Position | undefined;

  constructor(options: SharedOptions) {
    const { definition, log, primary } = options;
    this.name = definition.name;
    this.#options = options;
    this.#loops = [
      startLoop({
        name: `views of ${this.name}`,
        turn: () => this.#makeViews(),
        onError: (error) => {
          this.#viewsError = describeError(error);
          log.warn({ readModel: this.name, error: this.#viewsError }, 'views cannot be made; trying again');
        },
      }),
    ];
    if (definition.database === undefined) return;
    this.#replica = new ReplicaWatch({
      url: definition.database,
      primary: () => primary.state(),
      onPosition: (position) => {
        this.#replayed = position;
        this.look();
      },
      log,
    });
    this.#loops.push(
      this.#replica,
      startLoop({
        name: `lag of ${this.name}`,
        turn: () => this.#sampleLag(),
        onError: (error) => log.debug({ error: describeError(error) }, 'the source position is not known'),
        maxRestMs: 1_000,
      }),
    );
  }

  progress(): ReadModelProgress {
    if (this.applied.current() !== undefined) return { state: 'ready', progress: 1, error: undefined };
    const error = this.#viewsError ?? this.#options.primary.error() ?? this.#replica?.error();
    return { state: error === undefined ? 'waiting' : 'failed', progress: 0, error };
  }

  lagSeconds(): number | undefined {
    const current = this.applied.current();
    if (current === undefined) return undefined;
    return this.#replica ? this.#lag.lagOf(current, machineNow())?.seconds : 0;
  }

  /** Must be called whenever the legacy database was lost or found. */
  look(): void {
    const position = this.#current();
    if (position === this.applied.current()) return;
    this.applied.set(position);
    this.#options.onPosition(position);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  #current(): Position | undefined {
    if (this.#options.primary.state() === undefined || this.#viewsAt === undefined) return undefined;
    if (!this.#replica) return always;
    return this.#replayed !== undefined && this.#replayed >= this.#viewsAt ? this.#replayed : undefined;
  }

  async #makeViews(): Promise<undefined> {
    const { definition, legacyDatabase, source } = this.#options;
    await ensureViews(legacyDatabase, definition);
    // A nudge only once there is something to wait for.
    const at = definition.views && this.#replica ? await source.read() : positionZero;
    if (at > positionZero) source.nudge();
    this.#viewsAt = laterPosition(at, positionZero);
    this.#viewsError = undefined;
    this.look();
    return undefined;
  }

  async #sampleLag(): Promise<number> {
    const { source } = this.#options;
    const position = await source.read();
    this.#lag.sample(position, machineNow());
    const applied = this.applied.current();
    if (applied !== undefined) {
      this.#lag.forgetBefore(applied);
      if (applied < position) source.nudge();
    }
    return SAMPLE_EVERY_MS;
  }
}
