import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { machineNow } from '../kernel/machine-time.ts';
import { startLoop, type Service } from '../kernel/service.ts';
import { withListeningConnection } from './listening-connection.ts';
import {
  readModelChannel,
  readNotice,
  readStates,
  type ReadModelNotice,
  type StoredReadModelState,
} from './read-model-state-store.ts';

export interface ReadModelWatchOptions {
  readonly storeUrl: string;
  /** Told of everything that is stored. `askedAt`: when it was asked for, by the machine's clock. */
  readonly onStates: (states: readonly StoredReadModelState[], askedAt: number) => void;
  /** Told of a notice. False: what it says cannot be understood before the table was read. */
  readonly onNotice: (notice: ReadModelNotice) => boolean;
  readonly log: Log;
  /** Greatest rest between two looks, for when a notice gets lost. 500 unless told. */
  readonly pollMs?: number | undefined;
}

/** Follows how far read models are, as another process tells it: by notices, and looking every `pollMs` all the same. */
export function startReadModelWatch(options: ReadModelWatchOptions): Service {
  const { storeUrl, log, pollMs = 500 } = options;
  return startLoop({
    name: 'read model watch',
    maxRestMs: 1_000,
    turn: async (signal) => {
      let isNews = true;
      const onNotice = (text: string): void => {
        const notice = readNotice(text);
        isNews ||= notice === undefined || !options.onNotice(notice);
      };
      await withListeningConnection(
        { storeUrl, applicationName: 'fig read model watch', onNotice },
        async (client, wake) => {
          await client.query(`LISTEN ${readModelChannel}`);
          let lookedAt = Number.NEGATIVE_INFINITY;
          while (!signal.aborted) {
            const now = machineNow();
            if (isNews || now - lookedAt >= pollMs) {
              isNews = false;
              lookedAt = now;
              options.onStates(await readStates(client), now);
            }
            await wake.wait(isNews ? 0 : Math.max(1, lookedAt + pollMs - machineNow()), signal);
          }
        },
      );
      return undefined;
    },
    onError: (error, attempt) => {
      if ((attempt & (attempt - 1)) !== 0) return;
      log.warn(
        { attempt, error: describeError(error) },
        'how far the read models are cannot be read; legacy answers once what was last known has expired',
      );
    },
  });
}
