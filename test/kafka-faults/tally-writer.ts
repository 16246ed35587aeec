import { Client } from 'pg';
import { until } from '../support/until.ts';
import { stepOf } from './event-models.ts';

/** Processes that die and begin anew several times a minute have to keep up. */
const PAUSE_MS = 10;
/** While nobody waits for more: what is written while another process takes over only takes time to be applied. */
const REST_MS = 80;
/** Of so many commits one has events: each costs several transactions elsewhere. */
const STEP_EVERY = 3;

/**
 * Commits updates of tallies, one after the other, until it is stopped: fast while somebody waits for more, and then slowly. Now and
 * then a transaction is large.
 */
export class TallyWriter {
  readonly #url: string;
  readonly #done: Promise<void>;
  #stopped = false;
  #committed = 0;
  #goal = 0;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#run();
    this.#done.catch(() => undefined); // `stop` tells.
  }

  get isWaitedFor(): boolean {
    return this.#committed < this.#goal;
  }

  /** Resolves when so much more was committed. */
  async more(commits: number): Promise<void> {
    const goal = this.#committed + commits;
    this.#goal = Math.max(this.#goal, goal);
    await until('more was written', () => this.#committed >= goal, 60_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const client = new Client({ connectionString: this.#url });
    await client.connect();
    try {
      while (!this.#stopped) {
        // Statements of one string are one transaction.
        await client.query(statementsOf(this.#committed));
        this.#committed += 1;
        await new Promise((resolve) => setTimeout(resolve, this.isWaitedFor ? PAUSE_MS : REST_MS));
      }
    } finally {
      await client.end();
    }
  }
}

function statementsOf(n: number): string {
  const update = updateOf(n);
  return n % STEP_EVERY === 0 ? `${update}; ${stepOf(n / STEP_EVERY)}` : update;
}

/** The large ones are about one and a half megabytes on the wire: more than two requests to the broker. */
function updateOf(n: number): string {
  const update = 'UPDATE tallies SET updates = updates + 1';
  if (n % 50 === 49) return `${update}, filling = repeat(md5('${n}'), 2400)`;
  return n % 7 === 0 ? update : `${update} WHERE id = ${1 + (n % 20)}`;
}
