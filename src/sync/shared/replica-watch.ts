import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import { sleep, startLoop, type Service } from '../../kernel/service.ts';
import { describeReplica, judgeReplica, type LogIdentity } from './judge-replica.ts';
import { WatchedServer } from './watched-server.ts';

/** Short, because whoever waits for a position, in whichever process, learns of it only here. */
const READ_EVERY_MS = 20;
const IDENTIFY_EVERY_MS = 1_000;

export interface ReplicaOptions {
  readonly url: string;
  /** Another object whenever the legacy database may have become another server. */
  readonly primary: () => LogIdentity | undefined;
  /** Told how far the replica is; undefined while that means nothing. */
  readonly onPosition: (position: Position | undefined) => void;
  readonly log: Log;
}

/** Follows how much of the legacy database's log a physical replica has replayed. */
export class ReplicaWatch implements Service {
  readonly name = 'replica';
  readonly #options: ReplicaOptions;
  readonly #loop: Service;
  #error: string | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#loop = startLoop({
      name: this.name,
      turn: (signal) => this.#watch(signal),
      onError: (error) => {
        this.#error = describeError(error);
        options.log.warn({ error: this.#error }, 'the replica cannot be followed; its reads go to legacy');
      },
      maxRestMs: 2_000,
    });
  }

  error(): string | undefined {
    return this.#error;
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #watch(signal: AbortSignal): Promise<undefined> {
    const { url, primary, onPosition } = this.#options;
    try {
      await using server = await WatchedServer.connect(url, true);
      let known:
        | { readonly identity: LogIdentity; readonly of: LogIdentity | undefined; readonly at: number }
        | undefined;
      while (!signal.aborted) {
        const expected = primary();
        if (known === undefined || known.of !== expected || performance.now() - known.at > IDENTIFY_EVERY_MS) {
          known = { identity: await server.identify(), of: expected, at: performance.now() };
        }
        const verdict = judgeReplica(expected, known.identity, await server.readReplayed());
        this.#error = describeReplica(verdict);
        // The legacy database may have been lost while the replica was asked.
        onPosition(primary() === expected ? verdict.position : undefined);
        await sleep(READ_EVERY_MS, signal);
      }
      return undefined;
    } finally {
      onPosition(undefined);
    }
  }
}
