import { machineNow } from '../../kernel/machine-time.ts';
import type { AppliedPosition, Position } from '../../kernel/position.ts';
import type { ReadModelNotice, StoredReadModelState } from '../../store/read-model-state-store.ts';
import { AppliedTracker } from '../../sync/applied-tracker.ts';
import { readFigures, type ReadModelFigures } from './read-model-figures.ts';

type Figures = Omit<ReadModelFigures, 'position'>;

interface Heard {
  readonly tracker: AppliedTracker;
  /** As `AppliedPosition`, for as long as it holds. */
  readonly applied: AppliedPosition;
  claim: number;
  number: number;
  revision: number;
  process: string | undefined;
  position: Position | undefined;
  /** By the machine's clock. */
  holdsUntil: number;
  /** When the lag was true that is known. */
  askedAt: number;
  figures: Figures | undefined;
  /** The parkings of all claims together. */
  parkings: number;
}

export interface HeardOptions {
  /** Told the position of a read model whenever it is another one; undefined: it cannot be read. */
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
  /** Told before a position that these keys do not stand at. */
  readonly onParked: (readModel: string, parkings: number) => void;
  readonly now?: (() => number) | undefined;
}

/**
 * The read models as another process tells of them. What it told holds until its lease is over; a position is never believed
 * without what goes with it, nor after somebody with a later claim has spoken. Does no I/O.
 */
export class HeardReadModels {
  readonly #heard: ReadonlyMap<string, Heard>;
  readonly #options: HeardOptions;
  readonly #now: () => number;
  #sourceLog: string | undefined;

  constructor(names: readonly string[], options: HeardOptions) {
    this.#options = options;
    this.#now = options.now ?? machineNow;
    this.#heard = new Map(names.map((name) => [name, this.#nothingOf()]));
  }

  /** `askedAt`: before the question, by the machine's clock. */
  hearStates(states: readonly StoredReadModelState[], askedAt: number): void {
    const logs = new Set<string | undefined>();
    // What nobody stands for any more counts only while nobody stands for anything.
    const isAnyHeld = states.some(({ leftMs }) => leftMs > 0);
    for (const state of states) {
      const known = this.#heard.get(state.readModel);
      // A store that was restored from a backup counts claims from an earlier number.
      if (known === undefined || (state.claim < known.claim && this.#holds(known))) continue;
      if (state.leftMs > 0 || !isAnyHeld) logs.add(state.sourceLog);
      this.#hearState(state.readModel, known, state, askedAt);
    }
    // Two that keep read models of one migration agree, or one of them does not know yet that it follows another log.
    if (logs.size === 1) this.#sourceLog = [...logs][0] ?? this.#sourceLog;
    else if (logs.size > 1) this.#sourceLog = undefined;
  }

  /** False: what it says cannot be understood before the table was read. */
  hearNotice({ claim, number, moved }: ReadModelNotice): boolean {
    let isUnderstood = true;
    for (const { readModel, position, revision } of moved) {
      const known = this.#heard.get(readModel);
      if (known === undefined || claim < known.claim || (claim === known.claim && number <= known.number)) continue;
      if (claim !== known.claim || revision !== known.revision) isUnderstood = false;
      else {
        known.number = number;
        this.#move(readModel, known, position);
      }
    }
    return isUnderstood;
  }

  /** Withdraws what does not hold any more. Must be called several times in a lease. */
  tick(): void {
    for (const [name, known] of this.#heard) this.#show(name, known);
  }

  applied(name: string): AppliedPosition | undefined {
    return this.#heard.get(name)?.applied;
  }

  /** As last told, and undefined when that is too long ago to say anything. */
  figures(name: string): Figures | undefined {
    const known = this.#heard.get(name);
    return known && this.#holds(known) ? known.figures : undefined;
  }

  /** Keys that must not be read stay that until somebody says otherwise. */
  letters(name: string): Figures['letters'] | undefined {
    const known = this.#heard.get(name);
    return known?.figures && { ...known.figures.letters, parkings: known.parkings };
  }

  /** It was so much when it was told, and may have grown by as long as that is ago. */
  lagSeconds(name: string): number | undefined {
    const known = this.#heard.get(name);
    const lag = this.figures(name)?.lagSeconds;
    return known && lag !== undefined ? lag + (this.#now() - known.askedAt) / 1_000 : undefined;
  }

  /** The process that keeps it; undefined while none is known to. */
  processOf(name: string): string | undefined {
    const known = this.#heard.get(name);
    return known && this.#holds(known) ? known.process : undefined;
  }

  /** Names the log that positions are of, as last heard. */
  sourceLog(): string | undefined {
    return this.#sourceLog;
  }

  #hearState(name: string, known: Heard, state: StoredReadModelState, askedAt: number): void {
    const isOther = state.claim !== known.claim;
    if (!isOther && state.number < known.number) {
      // Older than the last notice; but that it lives, it says all the same.
      if (state.revision === known.revision) known.holdsUntil = askedAt + state.leftMs;
      return;
    }
    const figures = readFigures(state.state);
    const parked = figures?.letters.parkings ?? 0;
    // A process counts on when it comes to keep the read model once more.
    const isCounting = !isOther || state.process === known.process;
    const before = isCounting ? (known.figures?.letters.parkings ?? 0) : 0;
    known.parkings += Math.max(0, parked - before);
    // The list stays the same one until it changes, because of what is remembered by it.
    const isSameList = known.figures?.letters.parked.join('\n') === figures?.letters.parked.join('\n');
    known.figures =
      figures && known.figures && isSameList
        ? { ...figures, letters: { ...figures.letters, parked: known.figures.letters.parked } }
        : figures;
    known.claim = state.claim;
    known.number = state.number;
    known.revision = state.revision;
    known.process = state.process;
    known.askedAt = askedAt;
    known.holdsUntil = askedAt + state.leftMs;
    this.#options.onParked(name, known.parkings);
    this.#move(name, known, figures && state.position);
  }

  #move(name: string, known: Heard, position: Position | undefined): void {
    known.position = position;
    this.#show(name, known);
  }

  #show(name: string, known: Heard): void {
    const shown = this.#holds(known) ? known.position : undefined;
    if (shown === known.tracker.current()) return;
    known.tracker.set(shown);
    this.#options.onPosition(name, shown);
  }

  /** Asked at every read: after this process stood still, nothing has told it yet that the lease is over. */
  #holds({ holdsUntil }: Heard): boolean {
    return this.#now() < holdsUntil;
  }

  #nothingOf(): Heard {
    const tracker = new AppliedTracker();
    const heard: Heard = {
      tracker,
      applied: {
        current: () => (this.#holds(heard) ? tracker.current() : undefined),
        waitFor: (position, budgetMs) => tracker.waitFor(position, budgetMs),
      },
      claim: 0,
      number: 0,
      revision: 0,
      process: undefined,
      position: undefined,
      holdsUntil: Number.NEGATIVE_INFINITY,
      askedAt: 0,
      figures: undefined,
      parkings: 0,
    };
    return heard;
  }
}
