import { FigError, describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { sleep, startLoop, type Service } from '../../kernel/service.ts';
import { WatchedServer, type ServerState } from './watched-server.ts';

const LOOK_EVERY_MS = 1_000;

/** Knows who the legacy database is now, or that nobody knows. */
export class PrimaryWatch implements Service {
  readonly name = 'legacy database';
  readonly #url: string;
  readonly #onChange: () => void;
  readonly #loop: Service;
  #state: ServerState | undefined;
  #error: string | undefined;

  constructor(url: string, onChange: () => void, log: Log) {
    this.#url = url;
    this.#onChange = onChange;
    this.#loop = startLoop({
      name: this.name,
      turn: (signal) => this.#watch(signal),
      onError: (error) => {
        this.#error = describeError(error);
        log.warn({ error: this.#error }, 'the legacy database cannot be watched; trying again');
      },
      maxRestMs: 2_000,
    });
  }

  /** Another object after every time that the connection was lost. */
  state(): ServerState | undefined {
    return this.#state;
  }

  error(): string | undefined {
    return this.#error;
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #watch(signal: AbortSignal): Promise<undefined> {
    await using server = await WatchedServer.connect(this.#url, false);
    // Known in the tick in which it breaks: a failover must not be slept through.
    void server.broken.then(() => this.#set(undefined));
    while (!signal.aborted) {
      const state = await server.readPrimary();
      if (state.isReplica) {
        this.#set(undefined);
        throw new FigError(
          'FIG_REPLICA_UNFIT',
          'legacy.database is a replica, whose own position nobody can wait for',
          {
            remedy: 'Set legacy.database to the primary, and `database` of the read model to the replica.',
          },
        );
      }
      this.#error = undefined;
      if (this.#state === undefined) this.#set(state);
      await sleep(LOOK_EVERY_MS, signal);
    }
    return undefined;
  }

  #set(state: ServerState | undefined): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange();
  }
}
