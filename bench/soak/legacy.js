import { startChild } from '../load/child.js';
import { sleep } from '../load/sleep.js';

const file = new URL('upstream.js', import.meta.url);

/** The legacy app, which goes down and comes back at the same address. */
export class Legacy {
  #child;
  #outages;
  #restarts = 0;

  /** @param {import('./judge.js').Outages} outages */
  static async start(outages) {
    const legacy = new Legacy(outages);
    legacy.#child = await startChild(file, ['upstream', '0']);
    return legacy;
  }

  /** @param {import('./judge.js').Outages} outages */
  constructor(outages) {
    this.#outages = outages;
  }

  get port() {
    return this.#child.port;
  }

  get restarts() {
    return this.#restarts;
  }

  /** What is open there. @returns {Promise<{ connections: number, active: number }>} */
  state() {
    return this.#child.ask('state');
  }

  /** Is gone for a while: by turns without a word, and after a moment for what is under way. @param {number} downMs */
  async restart(downMs) {
    const { port } = this;
    this.#restarts += 1;
    this.#outages.begin();
    if (this.#restarts % 2 === 1) await this.#child.kill();
    else {
      await this.#child.ask('leave');
      await this.#child.exited;
    }
    await sleep(downMs);
    this.#child = await startChild(file, ['upstream', String(port)]);
    this.#outages.end();
  }

  stop() {
    return this.#child.stop();
  }
}
