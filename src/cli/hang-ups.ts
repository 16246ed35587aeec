import type { FigControl } from '../app/control.ts';
import { describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import type { SignalHost } from './early-kill-switch.ts';

/**
 * Has a fig read its config again on SIGHUP. One that comes while it starts waits for the first moment in which it can be told,
 * which is long before read models are built.
 */
export class HangUps {
  readonly #host: SignalHost;
  readonly #log: Log;
  readonly #onSignal = (): void => this.#hear();
  #control: Pick<FigControl, 'reload'> | undefined;
  #isOwed = false;

  constructor(host: SignalHost, log: Log) {
    this.#host = host;
    this.#log = log;
    host.on('SIGHUP', this.#onSignal);
  }

  /** One came before. */
  owe(): void {
    this.#hear();
  }

  /** From now on it can be told. */
  tell(control: Pick<FigControl, 'reload'>): void {
    this.#control = control;
    if (this.#isOwed) this.#hear();
  }

  stop(): void {
    this.#host.off('SIGHUP', this.#onSignal);
  }

  #hear(): void {
    this.#isOwed = this.#control === undefined;
    if (this.#control) void this.#reload(this.#control);
  }

  async #reload(control: Pick<FigControl, 'reload'>): Promise<void> {
    try {
      const { changed } = await control.reload();
      this.#log.info({ changed }, 'the config was read again');
    } catch (error) {
      this.#log.error({ error: describeError(error) }, 'the config was not taken over; the one before stays in force');
    }
  }
}
