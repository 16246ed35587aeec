import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { KillSwitch } from '../../kernel/phase.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import type { KillSwitchOrder, KillSwitchReport } from '../control.ts';
import { readKillSwitchFile, removeKillSwitch, writeKillSwitch } from './kill-switch-file.ts';
import type { RoutingState } from '../serving/routing-state.ts';

const LOOK_MS = 500;
/** How long an order waits for the control store before it answers that the others were not told. */
const STORE_MS = 2_000;

/** Where signals come from; tests bring their own. */
interface Host {
  on(event: 'SIGUSR2', listener: () => void): unknown;
  off(event: 'SIGUSR2', listener: () => void): unknown;
}

export interface KillSwitchOptions {
  /** The folder whose `.fig/kill-switch` is obeyed. */
  readonly folder: string;
  readonly routing: RoutingState;
  /** Tells all other proxies, with an audit; undefined: there is no control store. */
  readonly broadcast: ((order: KillSwitchOrder) => Promise<unknown>) | undefined;
  readonly log: Log;
  readonly host?: Host | undefined;
}

/**
 * Sends all reads to legacy: by the file `.fig/kill-switch`, by SIGUSR2, by an order through the admin server, or because
 * the control store says so. Any of them suffices; the first three work while the store is away. SIGUSR2 only ever turns
 * it on, because whoever sends a signal twice means it.
 */
export class LocalKillSwitch implements Service {
  readonly name = 'kill switch';
  readonly #options: KillSwitchOptions;
  readonly #loop: Service;
  readonly #onSignal: () => void;
  /** Orders so far: a look that one of them overtook has seen an old file. */
  #orders = 0;
  #hasLooked = false;
  /** It is on here, and the control store has not been told. */
  #isUntold = false;

  constructor(options: KillSwitchOptions) {
    this.#options = options;
    const { host = process, log } = options;
    this.#onSignal = () => {
      void this.order({ on: true, who: 'signal SIGUSR2', why: 'sent to the process' }).catch((error: unknown) => {
        log.error({ error: describeError(error) }, 'the kill switch is on in this process, but could not be kept');
      });
    };
    host.on('SIGUSR2', this.#onSignal);
    this.#loop = startLoop({
      name: 'kill switch',
      maxRestMs: LOOK_MS,
      turn: async () => {
        await this.look();
        return LOOK_MS;
      },
      onError: (error, attempt) => {
        if ((attempt & (attempt - 1)) === 0) log.warn({ error: describeError(error) }, 'its file cannot be looked at');
      },
    });
  }

  report(): KillSwitchReport {
    const { current } = this.#options.routing;
    const { killSwitch } = current();
    return { on: killSwitch !== undefined, ...killSwitch };
  }

  /** Obeys the file as it is now. */
  async look(): Promise<void> {
    const { folder, routing, log } = this.#options;
    const orders = this.#orders;
    const found = await readKillSwitchFile(folder);
    if (orders !== this.#orders) return;
    if (!isSame(found, routing.localKillSwitch())) {
      routing.setLocalKillSwitch(found);
      if (found) log.warn({ ...found }, 'kill switch: all reads go to legacy');
      else log.warn({}, 'the file of the kill switch is gone');
      // A file that is gone is no order to the others, `off` says so itself; nor is one that was there before us, which
      // they were told of in its time.
      this.#isUntold = found !== undefined && this.#hasLooked;
    }
    this.#hasLooked = true;
    if (found && this.#isUntold) await this.#tellOthers({ on: true, who: found.who, why: found.why });
  }

  /** Takes effect in this process before anything else is tried. Rejects when the file could not be written. */
  async order(order: KillSwitchOrder): Promise<KillSwitchReport> {
    const { folder, routing, log } = this.#options;
    const { on, who, why = '' } = order;
    const killSwitch: KillSwitch = { who, why, at: new Date().toISOString() };
    this.#orders += 1;
    if (on) {
      routing.setLocalKillSwitch(killSwitch);
      log.warn({ ...killSwitch }, 'kill switch: all reads go to legacy');
      await writeKillSwitch(folder, killSwitch);
    } else {
      await removeKillSwitch(folder);
      routing.setLocalKillSwitch(undefined);
      log.warn({ who, why }, 'the kill switch was turned off');
    }
    this.#orders += 1;
    this.#isUntold = on;
    const told = await this.#tellOthers(order);
    if (told && !on) routing.forgetStoredKillSwitch();
    return { ...this.report(), told };
  }

  async stop(): Promise<void> {
    const { host = process } = this.#options;
    host.off('SIGUSR2', this.#onSignal);
    await this.#loop.stop();
  }

  async #tellOthers(order: KillSwitchOrder): Promise<boolean> {
    const { broadcast, log } = this.#options;
    if (broadcast === undefined) {
      this.#isUntold = false;
      return false;
    }
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${STORE_MS} ms`)), STORE_MS);
    });
    try {
      await Promise.race([broadcast(order), limit]);
      if (order.on) this.#isUntold = false;
      return true;
    } catch (error) {
      log.warn({ error: describeError(error) }, 'the control store was not told of the kill switch');
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

function isSame(a: KillSwitch | undefined, b: KillSwitch | undefined): boolean {
  return a?.who === b?.who && a?.why === b?.why && a?.at === b?.at;
}
