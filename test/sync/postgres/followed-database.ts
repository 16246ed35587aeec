import { Client } from 'pg';
import { parsePosition, type Position } from '../../../src/kernel/position.ts';
import type { Change, LogicalMessage, StreamEvent } from '../../../src/sync/change.ts';
import { ReplicationStream, type ReplicationOptions } from '../../../src/sync/postgres/replication-stream.ts';
import { messagePrefix } from '../../../src/sync/postgres/source-position.ts';
import { createTestDatabase } from '../../support/test-database.ts';

export interface ReadTransaction {
  readonly kind: 'transaction' | 'large';
  readonly xid: number;
  readonly endPosition: Position;
  readonly changes: readonly Change[];
  readonly messages: readonly LogicalMessage[];
  /** Of a large one: how many changes each piece had. */
  readonly pieces: readonly number[];
}

/** A database with a slot that publishes all tables, and a stream from it. */
export class FollowedDatabase implements AsyncDisposable {
  readonly url: string;
  readonly client: Client;
  readonly #options: ReplicationOptions;
  readonly #stack: (() => Promise<unknown>)[];
  #stream: ReplicationStream | undefined;

  private constructor(url: string, client: Client, options: ReplicationOptions, stack: (() => Promise<unknown>)[]) {
    this.url = url;
    this.client = client;
    this.#options = options;
    this.#stack = stack;
  }

  /** `decodingMemory` small: the server streams what is larger than that while it runs. */
  static async create(
    ddl: string,
    { decodingMemory = '64MB', ...more }: { decodingMemory?: string } & Partial<ReplicationOptions> = {},
  ): Promise<FollowedDatabase> {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(ddl);
    await client.query(`ALTER DATABASE ${database.name} SET logical_decoding_work_mem = '${decodingMemory}'`);
    await client.query('CREATE PUBLICATION everything FOR ALL TABLES');
    const slot = `slot_${database.name}`;
    const made = await client.query(`SELECT lsn::text FROM pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
    const from = parsePosition(made.rows[0].lsn);
    const options = { url: database.url, slot, publication: 'everything', from, ...more };
    return new FollowedDatabase(database.url, client, options, [
      () => client.end(),
      async () => database[Symbol.asyncDispose](),
    ]);
  }

  get slot(): string {
    return this.#options.slot;
  }

  async stream(): Promise<ReplicationStream> {
    return (this.#stream ??= await ReplicationStream.open(this.#options));
  }

  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    this.#stack.unshift(() => client.end());
    return client;
  }

  /** Everything that was committed so far and was not read yet. */
  async read(): Promise<readonly ReadTransaction[]> {
    const stream = await this.stream();
    await this.client.query(`SELECT pg_logical_emit_message(true, '${messagePrefix}', 'end of reading')`);
    const all: ReadTransaction[] = [];
    for (;;) {
      const events = await stream.next();
      if (!events) throw new Error('the stream ended');
      for (const event of events) {
        const read = await readEvent(event);
        if (!read) continue;
        if (read.messages.some(({ content }) => content === 'end of reading')) return all;
        all.push(read);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream?.[Symbol.asyncDispose]();
    for (const step of this.#stack) await step();
  }
}

async function readEvent(event: StreamEvent): Promise<ReadTransaction | undefined> {
  if (event.type === 'position') return undefined;
  const { xid, endPosition } = event.transaction;
  if (event.type === 'transaction') {
    return { kind: event.type, pieces: [], ...event.transaction };
  }
  const changes: Change[] = [];
  const messages: LogicalMessage[] = [];
  const pieces: number[] = [];
  for await (const piece of event.transaction.pieces()) {
    pieces.push(piece.changes.length);
    changes.push(...piece.changes);
    messages.push(...piece.messages);
  }
  await event.transaction.release();
  return { kind: event.type, xid, endPosition, changes, messages, pieces };
}

/** `insert 5`, `delete 5`, ... of tables with a column `id`. */
export function brief(changes: readonly Change[]): readonly string[] {
  return changes.map((change) => {
    if (change.kind === 'truncate') return `truncate ${change.tables.join(' ')}`;
    if (change.kind === 'delete') return `delete ${String(change.oldKey['id'])}`;
    const moved = change.kind === 'update' && change.oldKey ? `${String(change.oldKey['id'])} to ` : '';
    return `${change.kind} ${moved}${String(change.row['id'])}`;
  });
}
