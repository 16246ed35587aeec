import { Client } from 'pg';

/** Processes that die and begin anew several times a minute have to keep up. */
const PAUSE_MS = 10;

/** Commits updates of tallies, one after the other, until it is stopped; now and then a transaction that is large. */
export class TallyWriter {
  readonly #url: string;
  readonly #done: Promise<void>;
  #stopped = false;
  committed = 0;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#run();
    this.#done.catch(() => undefined); // `stop` tells.
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
        await client.query(updateOf(this.committed));
        this.committed += 1;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } finally {
      await client.end();
    }
  }
}

/** The large ones are about one and a half megabytes on the wire: more than two requests to the broker. */
function updateOf(n: number): string {
  const update = 'UPDATE tallies SET updates = updates + 1';
  if (n % 50 === 49) return `${update}, filling = repeat(md5('${n}'), 2400)`;
  return n % 7 === 0 ? update : `${update} WHERE id = ${1 + (n % 20)}`;
}
