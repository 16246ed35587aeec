import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Knex } from 'knex';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { withinTime } from '../../../proxy/within-time.ts';
import { beatProcess, removeProcess, type ProcessRole } from '../../store/process-store.ts';
import { readSetting } from '../../store/setting-store.ts';
import type { ReloadOutcome } from '../control.ts';
import type { ProcessTold } from './process-told.ts';

const BEAT_MS = 1_000;
/** An end in order does not wait longer for a store that is away. */
const FAREWELL_MS = 1_000;
/** Name of the setting that counts how often all processes were told to read their config again. */
export const reloadOrderSetting = 'reload order';

export interface PresenceOptions {
  /** Default: one of its own. */
  readonly id?: string | undefined;
  readonly store: Knex;
  readonly migration: string;
  readonly role: ProcessRole;
  readonly version: string;
  /** Digest of what all processes must agree on; another one after a reload. */
  readonly configDigest: () => string;
  readonly addresses: { readonly proxy: string; readonly admin: string };
  readonly startedAt: string;
  /** What it has to say of itself, besides how its last reload went. */
  readonly told: () => Promise<Omit<ProcessTold, 'reload'>>;
  /** Reads the config again, because all are told to. */
  readonly reload: () => Promise<ReloadOutcome>;
  readonly log: Log;
}

/** Says of this process that it lives, once a second, and does what all processes are told. */
export class ProcessPresence implements Service {
  readonly name = 'presence';
  readonly #id: string;
  readonly #options: PresenceOptions;
  #loop: Service | undefined;
  /** The last order to reload that was seen. */
  #reloadOrder = 0;
  #reload: ProcessTold['reload'];

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#id = options.id ?? randomUUID();
  }

  start(): void {
    const { log } = this.#options;
    this.#loop ??= startLoop({
      name: this.name,
      maxRestMs: BEAT_MS,
      turn: () => this.#beat(),
      onError: (error, attempt) => {
        if ((attempt & (attempt - 1)) !== 0) return;
        log.warn({ attempt, error: describeError(error) }, 'the control store cannot be told that this process lives');
      },
    });
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    const leaving = removeProcess(this.#options.store, this.#id).catch(() => undefined);
    await withinTime(leaving, FAREWELL_MS);
  }

  async #beat(): Promise<number> {
    const { store, migration, role, version, configDigest, addresses, startedAt, told } = this.#options;
    const order = Number((await readSetting(store, reloadOrderSetting)) ?? 0);
    // Also at the start: the order may have been given after the config was read, and before anybody knew of this process.
    if (order !== this.#reloadOrder && order > 0) this.#reload = await this.#obey(order);
    this.#reloadOrder = order;
    const report: ProcessTold = { ...(await told()), reload: this.#reload };
    await beatProcess(store, {
      id: this.#id,
      migration,
      role,
      host: hostname(),
      pid: process.pid,
      version,
      config: configDigest(),
      proxy: addresses.proxy === '' ? undefined : addresses.proxy,
      admin: addresses.admin === '' ? undefined : addresses.admin,
      startedAt,
      report,
    });
    return BEAT_MS;
  }

  async #obey(order: number): Promise<ProcessTold['reload']> {
    const { reload, log } = this.#options;
    try {
      const { changed } = await reload();
      log.info({ changed }, 'the config was read again, as all processes were told');
      return { order, error: undefined };
    } catch (error) {
      log.error({ error: describeError(error) }, 'the config was not taken over; the one before stays in force');
      return { order, error: describeError(error) };
    }
  }
}
