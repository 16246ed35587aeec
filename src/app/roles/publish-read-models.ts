import type { Client } from 'pg';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { type Wake, withListeningConnection } from '../../store/listening-connection.ts';
import { heldByOthers, takeClaim, tellNotice, tellStates } from '../../store/read-model-state-store.ts';
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
  /** Whether this process, and no other, keeps it in step; undefined: it does not tell by itself. */
  readonly isHolder: (readModel: string) => boolean | undefined;
  /** Whether another process is to keep it: nothing more is told of it, so that it stays as it is until that one tells. */
  readonly isGivenUp?: ((readModel: string) => boolean) | undefined;
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

interface Claim {
  readonly claim: number;
  /** Whether this process was told to keep it when it took the claim; the next time takes another. */
  wasHolder: boolean;
  isOutranked: boolean;
}

class Teller {
  readonly #options: PublishOptions;
  /** Each is told under a claim of its own, because each may come from another process, and go to another. */
  readonly #claims = new Map<string, Claim>();
  #number = 0;
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
    await this.#store(client, true);
  }

  /** Milliseconds to rest. */
  async #turn(client: Client): Promise<number> {
    await this.#settleClaims(client);
    if (this.#told().length === 0) return RENEW_MS;
    const now = machineNow();
    if (this.#mustStore || now - this.#storedAt >= RENEW_MS || this.#isOther()) await this.#store(client, false);
    else if (this.#hasMoved && now - this.#toldAt >= this.#gapMs()) await this.#notify(client);
    const untilRenewal = this.#storedAt + RENEW_MS - machineNow();
    const untilTold = this.#hasMoved ? this.#toldAt + this.#gapMs() - machineNow() : untilRenewal;
    return Math.max(1, Math.min(untilRenewal, untilTold));
  }

  #gapMs(): number {
    return this.#isHasty ? HASTY_GAP_MS : IDLE_GAP_MS;
  }

  /**
   * A claim is taken whenever this process comes to keep a read model, so that what it told before, and may still tell
   * after it stood still, never counts for more than what its successor tells.
   */
  async #settleClaims(client: Client): Promise<void> {
    const { isHolder, process, readModels } = this.#options;
    const comes: string[] = [];
    const free: string[] = [];
    for (const name of readModels) {
      const [holds, known] = [isHolder(name), this.#claims.get(name)];
      if (known && holds !== true) known.wasHolder = false;
      if (holds === true && known?.wasHolder !== true) comes.push(name);
      else if (holds !== false && (known === undefined || known.isOutranked)) free.push(name);
    }
    if (free.length > 0) {
      const held = await heldByOthers(client, process, free);
      comes.push(...free.filter((name) => !held.has(name)));
    }
    if (comes.length === 0) return;
    const claim = await takeClaim(client);
    for (const name of comes) {
      this.#claims.set(name, { claim, wasHolder: isHolder(name) === true, isOutranked: false });
    }
    this.#mustStore = true;
  }

  /** Those that this process tells of. */
  #told(): readonly string[] {
    const { isGivenUp = () => false, readModels } = this.#options;
    return readModels.filter((name) => this.#claims.get(name)?.isOutranked === false && !isGivenUp(name));
  }

  /** What is told under one claim is told together. */
  #byClaim(): ReadonlyMap<number, readonly string[]> {
    const groups = new Map<number, string[]>();
    for (const name of this.#told()) {
      const { claim } = this.#claims.get(name)!;
      groups.set(claim, [...(groups.get(claim) ?? []), name]);
    }
    return groups;
  }

  /** Whether something changed that goes with a position. */
  #isOther(): boolean {
    const { figures, sourceLog } = this.#options;
    if (sourceLog() !== this.#storedLog) return true;
    return this.#told().some((name) => {
      const [now, before] = [figures(name), this.#stored.get(name)?.figures];
      const isGone = now.position === undefined && this.#toldPositions.get(name) !== undefined;
      const isBack = now.position !== undefined && before?.position === undefined;
      return before === undefined || isGone || isBack || !isSameBehindPosition(now, before);
    });
  }

  async #store(client: Client, isWithdrawn: boolean): Promise<void> {
    const log = this.#options.sourceLog();
    const isOtherLog = log !== this.#storedLog;
    const isNews = this.#mustStore || isOtherLog || isWithdrawn;
    const groups = this.#byClaim();
    this.#begin();
    for (const [claim, names] of groups) {
      const states = names.map((name) => this.#stateOf(name, isOtherLog, isWithdrawn));
      const told = states.map(({ readModel, figures, revision }) => {
        return { readModel, position: figures.position, revision, state: storedFigures(figures) };
      });
      const order = {
        claim,
        number: this.#number,
        process: this.#options.process,
        sourceLog: log,
        leaseMs: isWithdrawn ? 0 : LEASE_MS,
        states: told,
        isNews: isNews || states.some((state) => state.isNews),
      };
      const outranked = await tellStates(client, order);
      for (const { readModel, figures, revision } of states) {
        this.#stored.set(readModel, { figures, revision });
        this.#toldPositions.set(readModel, figures.position);
      }
      for (const name of outranked) this.#claims.get(name)!.isOutranked = true;
      if (outranked.length === 0 || isWithdrawn) continue;
      this.#options.log.info({ claim, readModels: outranked }, 'another process keeps read models in step');
    }
    this.#storedLog = log;
    this.#storedAt = machineNow();
  }

  #stateOf(readModel: string, isOtherLog: boolean, isWithdrawn: boolean) {
    const figures = { ...this.#options.figures(readModel), ...(isWithdrawn && { position: undefined }) };
    const before = this.#stored.get(readModel);
    const isSame = !isOtherLog && before !== undefined && isSameBehindPosition(figures, before.figures);
    const revision = (before?.revision ?? 0) + (isSame ? 0 : 1);
    return { readModel, figures, revision, isNews: !isSame || figures.position !== this.#toldPositions.get(readModel) };
  }

  async #notify(client: Client): Promise<void> {
    const groups = this.#byClaim();
    this.#begin();
    for (const [claim, names] of groups) {
      const moved = names.flatMap((readModel) => {
        const { position } = this.#options.figures(readModel);
        const { revision } = this.#stored.get(readModel)!;
        const isSame = position === undefined || position === this.#toldPositions.get(readModel);
        return isSame ? [] : [{ readModel, position, revision }];
      });
      if (moved.length === 0) continue;
      await tellNotice(client, { claim, number: this.#number, moved });
      for (const { readModel, position } of moved) this.#toldPositions.set(readModel, position);
    }
  }

  /** What happens from now on is told with the next turn. */
  #begin(): void {
    this.#number += 1;
    this.#hasMoved = this.#isHasty = this.#mustStore = false;
    this.#toldAt = machineNow();
  }
}
