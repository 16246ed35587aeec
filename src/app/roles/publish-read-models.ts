import type { Client } from 'pg';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { type Wake, withListeningConnection } from '../../store/listening-connection.ts';
import { isHeldByAnother, takeClaim, tellNotice, tellStates } from '../../store/read-model-state-store.ts';
import { isSameBehindPosition, storedFigures, type ReadModelFigures } from './read-model-figures.ts';

/** For so long others trust what they were told. Several signs of life fit into it, because processes are late at times. */
export const LEASE_MS = 3_000;
const RENEW_MS = 500;
/** Moves within this time are told together. */
const HASTY_GAP_MS = 20;
/**
 * The same while nothing is applied and nobody waits. On a server that legacy uses as well, every notice moves legacy's position a little, which
 * is told again: this is what keeps that from going round as fast as it can.
 */
const IDLE_GAP_MS = 100;

export interface PublishOptions {
  readonly storeUrl: string;
  /** Of this process. */
  readonly process: string;
  /** Names of the read models: of their projections, or their own where they are not captured. */
  readonly readModels: readonly string[];
  readonly figures: (readModel: string) => ReadModelFigures;
  readonly sourceLog: () => string | undefined;
  /** Whether this process, and no other, keeps them in step; undefined: it does not tell by itself. */
  readonly isHolder: () => boolean | undefined;
  readonly log: Log;
}

/** Tells all processes of the migration how far the read models are that this one keeps. */
export interface ReadModelPublisher extends Service {
  /** One of them has moved, or cannot be read any more. */
  moved(isReadable: boolean): void;
  /** Changes were applied, or somebody waits for a position: the next move is told soon. */
  hasten(): void;
}

/** Starts telling, as soon as this process keeps them. At the stop they are withdrawn. */
export function publishReadModels(options: PublishOptions): ReadModelPublisher {
  const { storeUrl, log } = options;
  const teller = new Teller(options);
  const loop = startLoop({
    name: 'read model publisher',
    maxRestMs: 1_000,
    turn: async (signal) => {
      await withListeningConnection({ storeUrl, applicationName: 'fig read models' }, (client, wake) =>
        teller.tell(client, wake, signal),
      );
      return undefined;
    },
    onError: (error, attempt) => {
      if ((attempt & (attempt - 1)) !== 0) return;
      const what = 'other processes cannot be told how far the read models are; their reads go to legacy';
      log.warn({ attempt, error: describeError(error) }, what);
    },
  });
  return {
    name: loop.name,
    moved: (isReadable) => teller.moved(isReadable),
    hasten: () => teller.hasten(),
    stop: () => loop.stop(),
  };
}

class Teller {
  readonly #options: PublishOptions;
  #claim: number | undefined;
  #number = 0;
  #wasHolder = false;
  #isOutranked = false;
  #rouse: () => void = () => undefined;
  /** As last stored. */
  readonly #stored = new Map<string, { readonly figures: ReadModelFigures; readonly revision: number }>();
  readonly #toldPositions = new Map<string, bigint | undefined>();
  #storedLog: string | undefined;
  #storedAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  #hasMoved = false;
  #isHasty = false;
  #mustStore = false;

  constructor(options: PublishOptions) {
    this.#options = options;
  }

  moved(isReadable: boolean): void {
    this.#hasMoved = true;
    // One that cannot be read any more may be about to be emptied.
    if (!isReadable) this.#mustStore = true;
    this.#rouse();
  }

  hasten(): void {
    this.#isHasty = true;
    this.#rouse();
  }

  /** Until the signal. What was told on an earlier connection need not have arrived. */
  async tell(client: Client, wake: Wake, signal: AbortSignal): Promise<void> {
    this.#rouse = () => wake.rouse();
    this.#mustStore = true;
    while (!signal.aborted) await wake.wait(await this.#turn(client), signal);
    if (this.#claim !== undefined && !this.#isOutranked) await this.#store(client, this.#claim, true);
  }

  /** Milliseconds to rest. */
  async #turn(client: Client): Promise<number> {
    await this.#settleClaim(client);
    if (this.#claim === undefined || this.#isOutranked) return RENEW_MS;
    const now = machineNow();
    if (this.#mustStore || now - this.#storedAt >= RENEW_MS || this.#isOther()) {
      await this.#store(client, this.#claim, false);
    } else if (this.#hasMoved && now - this.#toldAt >= this.#gapMs()) {
      await this.#notify(client, this.#claim);
    }
    const untilRenewal = this.#storedAt + RENEW_MS - machineNow();
    const untilTold = this.#hasMoved ? this.#toldAt + this.#gapMs() - machineNow() : untilRenewal;
    return Math.max(1, Math.min(untilRenewal, untilTold));
  }

  #gapMs(): number {
    return this.#isHasty ? HASTY_GAP_MS : IDLE_GAP_MS;
  }

  /**
   * A claim is taken whenever this process comes to keep the read models, so that what it told before, and may still tell
   * after it stood still, never counts for more than what its successor tells.
   */
  async #settleClaim(client: Client): Promise<void> {
    const { isHolder, process, readModels } = this.#options;
    const holds = isHolder();
    const comes = holds === true && !this.#wasHolder;
    if (holds !== true) this.#wasHolder = false;
    const isFree = holds !== false && (this.#claim === undefined || this.#isOutranked);
    if (!comes && !(isFree && !(await isHeldByAnother(client, process, readModels)))) return;
    this.#claim = await takeClaim(client);
    this.#wasHolder = holds === true;
    this.#isOutranked = false;
    this.#mustStore = true;
  }

  /** Whether something changed that goes with a position. */
  #isOther(): boolean {
    const { readModels, figures, sourceLog } = this.#options;
    if (sourceLog() !== this.#storedLog) return true;
    return readModels.some((name) => {
      const [now, before] = [figures(name), this.#stored.get(name)?.figures];
      const isGone = now.position === undefined && this.#toldPositions.get(name) !== undefined;
      const isBack = now.position !== undefined && before?.position === undefined;
      return before === undefined || isGone || isBack || !isSameBehindPosition(now, before);
    });
  }

  async #store(client: Client, claim: number, isWithdrawn: boolean): Promise<void> {
    const { process, readModels, sourceLog } = this.#options;
    const log = sourceLog();
    const isOtherLog = log !== this.#storedLog;
    let isNews = this.#mustStore || isOtherLog || isWithdrawn;
    const states = readModels.map((readModel) => {
      const figures = { ...this.#options.figures(readModel), ...(isWithdrawn && { position: undefined }) };
      const before = this.#stored.get(readModel);
      const isSame = !isOtherLog && before !== undefined && isSameBehindPosition(figures, before.figures);
      const revision = (before?.revision ?? 0) + (isSame ? 0 : 1);
      isNews ||= !isSame || figures.position !== this.#toldPositions.get(readModel);
      return { readModel, figures, revision };
    });
    this.#begin();
    const told = states.map(({ readModel, figures, revision }) => {
      return { readModel, position: figures.position, revision, state: storedFigures(figures) };
    });
    const leaseMs = isWithdrawn ? 0 : LEASE_MS;
    const order = { claim, number: this.#number, process, sourceLog: log, leaseMs, states: told, isNews };
    const isBelieved = await tellStates(client, order);
    for (const { readModel, figures, revision } of states) {
      this.#stored.set(readModel, { figures, revision });
      this.#toldPositions.set(readModel, figures.position);
    }
    this.#storedLog = log;
    this.#storedAt = machineNow();
    if (isBelieved || isWithdrawn) return;
    this.#isOutranked = true;
    this.#options.log.info({ claim }, 'another process keeps the read models in step');
  }

  async #notify(client: Client, claim: number): Promise<void> {
    const moved = this.#options.readModels.flatMap((readModel) => {
      const { position } = this.#options.figures(readModel);
      const { revision } = this.#stored.get(readModel)!;
      const isSame = position === undefined || position === this.#toldPositions.get(readModel);
      return isSame ? [] : [{ readModel, position, revision }];
    });
    this.#begin();
    if (moved.length === 0) return;
    await tellNotice(client, { claim, number: this.#number, moved });
    for (const { readModel, position } of moved) this.#toldPositions.set(readModel, position);
  }

  /** What happens from now on is told with the next turn. */
  #begin(): void {
    this.#number += 1;
    this.#hasMoved = this.#isHasty = this.#mustStore = false;
    this.#toldAt = machineNow();
  }
}
