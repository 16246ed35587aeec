import type { Knex } from 'knex';
import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Position } from '../../../kernel/position.ts';
import type {
  ChangeSource,
  FindStart,
  JoiningFigures,
  OpenStream,
  PartitionPlace,
  StartPoint,
  TopicReading,
} from '../../capture/change-source.ts';
import type { ChangeStream } from '../../change-stream.ts';
import { describeTable } from '../../postgres/catalog.ts';
import { messagePrefix } from '../../postgres/source-position.ts';
import type { KafkaAccess } from '../client/access.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { Tenure } from '../transport/tenure.ts';
import { type ConnectorProperties, type ConnectorSettings, connectorSettings } from './connector-settings.ts';
import { DebeziumStream } from './debezium-stream.ts';
import { type DecodedTable, decodedTable } from './row-decoder.ts';
import { topicsOf } from './topic-decoder.ts';
import { openLanes } from './topic-lanes.ts';
import { keptTransactions } from './kept-transactions.ts';

export interface DebeziumSourceOptions {
  readonly access: KafkaAccess;
  /** `topic.prefix` of the connector. */
  readonly prefix: string;
  /** What the connector is set to. */
  readonly properties: ConnectorProperties;
  readonly migration: string;
  /** Legacy tables that read models ask for, `schema.table`. */
  readonly tables: readonly string[];
  readonly storeUrl: string;
  /** UUID of this process. */
  readonly process?: string | undefined;
  readonly log: Log;
}

/**
 * Changes that a Debezium connector for PostgreSQL has written to its topics, at the positions of the legacy server's log. One
 * process of a migration reads at a time. Topics are read from their first message on: what was applied is passed over.
 */
export class DebeziumSource implements ChangeSource, TopicReading {
  readonly holdsSlot = false;
  readonly passedCode = 'FIG_TOPIC_GAP';
  readonly #options: DebeziumSourceOptions;
  readonly #kafka: KafkaConnection;
  readonly #settings: ConnectorSettings;
  #tenure: Tenure | undefined;
  #tables: readonly DecodedTable[] = [];
  #stream: DebeziumStream | undefined;
  /** What stands before it may have missed changes. */
  #floor: Position | undefined;

  /** Throws FIG_DEBEZIUM_SETTING where the connector's properties show that changes are lost. */
  constructor(options: DebeziumSourceOptions) {
    this.#options = options;
    this.#settings = connectorSettings(options.properties);
    this.#kafka = new KafkaConnection(options.access, options.log);
  }

  async awaitTurn(signal: AbortSignal): Promise<void> {
    if (this.#tenure?.lost.aborted) await this.#resign();
    const { storeUrl, migration, process, log } = this.#options;
    this.#tenure ??= await Tenure.take(storeUrl, { migration, office: 'projector', process, log }, signal);
  }

  async find({ client, isForked }: FindStart): Promise<StartPoint> {
    if (isForked) this.#floor = undefined;
    const { prefix, tables } = this.#options;
    const found: DecodedTable[] = [];
    for (const name of tables) {
      const table = await describeTable(client, name);
      if (table) found.push(decodedTable(table));
    }
    this.#tables = found;
    const kept = await keptTransactions(this.#kafka, `${prefix}.transaction`);
    if (kept) return { confirmed: laterOf(kept.last, this.#floor), oldest: laterOf(kept.first, this.#floor) };
    // A message in the log makes a transaction, so that the topic begins even where nobody writes.
    await client.query('SELECT pg_logical_emit_message(true, $1, $2)', [messagePrefix, 'nudge']);
    throw new FigError('FIG_TOPIC_WAITS', `no transaction has ended on ${prefix}.transaction yet`, {
      remedy: 'It is tried again by itself. The connector has to run, with `provide.transaction.metadata=true`.',
    });
  }

  async open({ from }: OpenStream): Promise<ChangeStream> {
    const { prefix } = this.#options;
    const settings = this.#settings;
    const lanes = await openLanes(this.#kafka, prefix, topicsOf(prefix, this.#tables));
    this.#stream = new DebeziumStream({
      lanes,
      tables: this.#tables,
      settings,
      from,
      lost: this.#tenure?.lost,
      onGap: (position) => {
        this.#floor = position;
      },
    });
    return this.#stream;
  }

  get topics(): readonly string[] {
    return topicsOf(this.#options.prefix, this.#tables);
  }

  reads(): boolean {
    return this.#tenure !== undefined && !this.#tenure.lost.aborted;
  }

  /** Rows come by many topics, so that where they are read on is the same for all. */
  placesAt(): readonly PartitionPlace[] {
    return this.#stream?.places ?? [];
  }

  get joining(): JoiningFigures | undefined {
    return this.#stream?.joining;
  }

  /** Where to read is not kept: topics are read from the beginning. */
  async moved(_tx: Knex.Transaction, _projection: string, _position: Position): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resign();
  }

  async #resign(): Promise<void> {
    await this.#tenure?.[Symbol.asyncDispose]();
    this.#tenure = undefined;
  }
}

function laterOf(position: Position, other: Position | undefined): Position {
  return other !== undefined && other > position ? other : position;
}
