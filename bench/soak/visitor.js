import { sleep } from '../load/sleep.js';
import { Client } from './client.js';
import { judge } from './judge.js';
import { scenarios } from './scenarios.js';

const totalWeight = scenarios.reduce((sum, { weight }) => sum + weight, 0);
const THINK_MS = 20;
let ids = 0;

/** One user with a session of their own, who does one thing after the other. */
export class Visitor {
  /** @type {Client | undefined} */
  #kept;
  #name;
  #isWriter;
  #random;
  #port;
  #outages;
  #ledger;
  #scenario = '';

  /** @param {{ name: string, isWriter: boolean, seed: number, port: number, outages: import('./judge.js').Outages, ledger: import('./ledger.js').Ledger }} options */
  constructor({ name, isWriter, seed, port, outages, ledger }) {
    this.#name = name;
    this.#isWriter = isWriter;
    this.#random = randomOf(seed);
    this.#port = port;
    this.#outages = outages;
    this.#ledger = ledger;
  }

  /** Goes on until it is told to stop. @param {AbortSignal} signal */
  async run(signal) {
    while (!signal.aborted) {
      const scenario = this.#choose();
      this.#scenario = scenario.name;
      await scenario.run(this);
      await sleep(this.below(THINK_MS));
    }
    this.#kept?.close();
  }

  /** A number from 0 to `n` - 1. @param {number} n */
  below(n) {
    return Math.floor(this.#random() * n);
  }

  nextId() {
    ids += 1;
    return `${this.#name}-${ids}`;
  }

  /** The connection of this visitor, or a new one when that cannot be used any more. */
  kept() {
    if (!this.#kept?.isUsable) this.#kept = this.fresh();
    return this.#kept;
  }

  fresh() {
    return new Client(this.#port);
  }

  /** @param {(client: Client) => Promise<void>} use */
  async once(use) {
    const client = this.fresh();
    await use(client);
    client.close();
  }

  /**
   * A head with a session. A write that fails keeps its session with legacy for half a minute, so most visitors write under
   * another one than they read with: else none would ever be served by the candidate here.
   * @param {string} line @param {readonly string[]} more
   */
  head(line, more = []) {
    const isRead = line.startsWith('GET ') || line.startsWith('HEAD ');
    const session = isRead || this.#isWriter ? this.#name : `${this.#name}-writes`;
    return `${[line, 'Host: shop.example', `Cookie: session=${session}`, 'Accept: */*', ...more].join('\r\n')}\r\n\r\n`;
  }

  /** Leaves without a word, politely or not. @param {Client} client */
  leave(client) {
    if (this.below(2) === 0) client.close();
    else client.reset();
  }

  /** Sends a request and judges its outcome; of one that is broken off by us only that nothing was wrong until then. */
  async exchange(client, method, bytes, check, { isAborted = false, ...more } = {}) {
    const scenario = this.#scenario;
    const startedAt = performance.now();
    const outcome = await client.send(method, bytes, more);
    if (isAborted && (outcome.kind === 'cut' || (outcome.kind === 'whole' && check(outcome) === undefined))) {
      this.#ledger.count(scenario, 'aborted');
    } else this.report(startedAt, outcome, check, scenario);
  }

  report(startedAt, outcome, check, scenario = this.#scenario) {
    if (outcome.headers?.get('x-fig-served-by') === 'candidate') this.#ledger.fromCandidate += 1;
    const { verdict, why } = judge(outcome, check, this.#outages.touch(startedAt, performance.now()));
    this.#ledger.count(scenario, verdict, why);
  }

  /** For what is no exchange: a fault, or nothing. */
  tell(startedAt, fault) {
    if (fault === undefined) this.#ledger.count(this.#scenario, 'right');
    else if (this.#outages.touch(startedAt, performance.now())) this.#ledger.count(this.#scenario, 'excused', 'cut');
    else this.#ledger.count(this.#scenario, 'wrong', fault);
  }

  #choose() {
    let at = this.#random() * totalWeight;
    return scenarios.find(({ weight }) => (at -= weight) < 0) ?? scenarios[0];
  }
}

/** Mulberry32: the same choices for the same seed. @param {number} seed */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
