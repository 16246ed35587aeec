import type { Knex } from 'knex';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { forgetProcesses, listProcesses, PROCESS_EXPIRY_MS, type SeenProcess } from '../../store/process-store.ts';
import type { ProcessReport, ReloadOutcome } from '../control.ts';
import type { ProxyView } from '../serving/proxy-side.ts';
import type { ToldCapture } from './heard-capture.ts';
import { readCapture, type ProcessTold } from './process-told.ts';
import { sumCaptures } from './sum-captures.ts';

const LOOK_MS = 1_000;

export interface OtherProcessesOptions {
  readonly store: Knex;
  readonly migration: string;
  /** Of fig, here. */
  readonly version: string;
  /** Digest of what all processes must agree on, as it is here. */
  readonly configDigest: () => string;
  readonly log: Log;
}

/** All processes of the migration, as they have told of themselves a second ago at most. */
export class OtherProcesses implements Service {
  readonly name = 'processes';
  readonly #options: OtherProcessesOptions;
  readonly #loop: Service;
  #seen: readonly SeenProcess[] = [];
  /** Those of which it was told that they differ. */
  #told = new Set<string>();

  constructor(options: OtherProcessesOptions) {
    this.#options = options;
    this.#loop = startLoop({
      name: this.name,
      maxRestMs: LOOK_MS,
      turn: async () => {
        await this.look();
        return LOOK_MS;
      },
      onError: (error, attempt) => {
        if ((attempt & (attempt - 1)) !== 0) return;
        options.log.warn({ attempt, error: describeError(error) }, 'it cannot be read which processes there are');
      },
    });
  }

  async look(): Promise<void> {
    const { store, migration } = this.#options;
    await forgetProcesses(store);
    this.#seen = await listProcesses(store, migration);
    this.#tellDifferences();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  reports(): readonly ProcessReport[] {
    const { configDigest } = this.#options;
    return this.#seen.map((each) => {
      const { id, role, host, pid, version, startedAt, silentMs, proxy, admin, config } = each;
      const isAlive = silentMs < PROCESS_EXPIRY_MS;
      const told = this.#toldBy(each);
      return {
        id,
        role,
        host,
        pid,
        version,
        startedAt,
        seenSecondsAgo: Math.round(silentMs / 1_000),
        state: isAlive ? (told?.readiness.state ?? 'serving') : 'gone',
        hasSameConfig: config === configDigest(),
        ...(proxy !== undefined && { proxy }),
        ...(admin !== undefined && { admin }),
        ...(told && { reason: told.readiness.reason, requests: told.view?.traffic.requests }),
      };
    });
  }

  /** Where users are served now. */
  addresses(): string {
    return this.#alive()
      .flatMap(({ proxy }) => proxy ?? [])
      .join(', ');
  }

  /** Of the proxies that live. */
  views(): readonly ProxyView[] {
    return this.#alive().flatMap((each) => this.#toldBy(each)?.view ?? []);
  }

  /** What those processes say of their capture; all that would capture when none is known to. */
  captureOf(holders: ReadonlySet<string>): ToldCapture | undefined {
    const alive = this.#alive();
    const own = alive.filter(({ id }) => holders.has(id));
    const told = (own.length > 0 ? own : alive).flatMap((each) => this.#toldBy(each)?.capture ?? []);
    return sumCaptures(told.map(readCapture));
  }

  /** How those that live took an order to reload. */
  reloads(order: number): NonNullable<ReloadOutcome['elsewhere']> {
    return this.#alive().map((process) => {
      const { role, host, pid } = process;
      const reload = this.#toldBy(process)?.reload;
      if (reload === undefined || reload.order < order) return { role, host, pid, state: 'silent' };
      return reload.error === undefined
        ? { role, host, pid, state: 'done' }
        : { role, host, pid, state: 'refused', reason: reload.error };
    });
  }

  #alive(): readonly SeenProcess[] {
    return this.#seen.filter(({ silentMs }) => silentMs < PROCESS_EXPIRY_MS);
  }

  #toldBy({ version, report }: SeenProcess): ProcessTold | undefined {
    return version === this.#options.version ? (report as ProcessTold) : undefined;
  }

  #tellDifferences(): void {
    const { configDigest, log } = this.#options;
    const others = this.#alive().filter(({ config }) => config !== configDigest());
    for (const { id, role, host, pid } of others) {
      if (this.#told.has(id)) continue;
      log.warn({ code: 'FIG_CONFIGS_DIFFER', role, host, pid }, 'a process has another config than this one');
    }
    this.#told = new Set(others.map(({ id }) => id));
  }
}
