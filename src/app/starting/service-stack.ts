import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';

interface Step {
  readonly name: string;
  readonly stop: () => unknown;
}

/** What has been started, to be stopped in the reverse order. A step that fails to stop does not keep the others up. */
export class ServiceStack {
  readonly #steps: Step[] = [];
  readonly #log: Log;
  #stopping: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, stop: () => unknown): void {
    this.#steps.push({ name, stop });
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      for (const { name, stop } of this.#steps.toReversed()) {
        try {
          await stop();
        } catch (error) {
          this.#log.error({ service: name, error: describeError(error) }, 'did not stop cleanly');
        }
      }
    })();
    return this.#stopping;
  }
}

/** Starts something step by step; where that fails, what was started by then is stopped. */
export async function startOnStack<T>(log: Log, start: (stack: ServiceStack) => Promise<T>): Promise<T> {
  const stack = new ServiceStack(log);
  try {
    return await start(stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
