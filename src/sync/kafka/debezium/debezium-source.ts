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
import type { SourceTransaction } from '../../change.ts';
import { describeTable, type SourceTable } from '../../postgres/catalog.ts';
import type { SourceIdentity } from '../../postgres/identify-source.ts';
import { connectToLegacy, endConnection } from '../../postgres/legacy-connection.ts';
import { messagePrefix } from '../../postgres/source-position.ts';
import type { KafkaAccess } from '../client/access.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { Tenure } from '../transport/tenure.ts';
import { type ConnectorProperties, type ConnectorSettings, connectorSettings } from './connector-settings.ts';
import { ContinuityMarks } from './continuity-marks.ts';
import { DebeziumStream } from './debezium-stream.ts';
import type { SourceView } from './source-view.ts';
import { EndingStream } from './ending-stream.ts';
import { afterFork, judgeKept } from './judge-kept.ts';
import { lacksRows } from './lacks-rows.ts';
import { wrongSetting } from './refusals.ts';
import { SourceWatch } from './source-watch.ts';
import { type DecodedTable, decodedTable } from './row-decoder.ts';
import { topicsOf } from './topic-decoder.ts';
import { openLanes } from './topic-lanes.ts';
import { keptTransactions } from './kept-transactions.ts';

/** Of a connector that is not told another `slot.name`. */
const DEFAULT_SLOT = 'debezium';

export interface DebeziumSourceOptions {
  readonly access: KafkaAccess;
  /** `topic.prefix` of the connector. */
  readonly prefix: string;
  /** What the connector is set to. */
  readonly properties: ConnectorProperties;
  readonly migration: string;
  /** Of the legacy database that the connector reads. */
  readonly legacyUrl: string;
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
  #tables: ReadonlyMap<string, SourceTable> = new Map();
  #decoded: readonly DecodedTable[] = [];
  readonly #marks = new ContinuityMarks();
  #identity: SourceIdentity | undefined;
  #database: string | undefined;
  /** Streams that were ended since no mark had come. */
  #unheard = 0;
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

  async find({ client, identity, identifyAgain, isForked }: FindStart): Promise<StartPoint> {
    if (isForked) this.#floor = undefined;
    const { prefix, tables } = this.#options;
    const found = new Map<string, SourceTable>();
    for (const name of tables) {
      const table = await describeTable(client, name);
      if (table) found.set(name, table);
    }
    this.#tables = found;
    this.#database = client.database;
    this.#decoded = [...found.values()].map(decodedTable);
    const ends = await keptTransactions(this.#kafka, `${prefix}.transaction`);
    const kept = ends && { ...ends, last: laterOf(ends.last, this.#floor) };
    const verdict = await judgeKept(kept, { identity, identifyAgain, isForked });
    if (verdict === 'foreign') throw foreign(prefix);
    if (kept && verdict === 'usable') {
      const oldest = laterOf(kept.first, afterFork(identity));
      return { confirmed: kept.last, oldest: laterOf(oldest, this.#floor) };
    }
    // A message in the log makes a transaction, so that the topic begins even where nobody writes.
    await client.query('SELECT pg_logical_emit_message(true, $1, $2)', [messagePrefix, 'nudge']);
    throw new FigError('FIG_TOPIC_WAITS', `no transaction of legacy's log has ended on ${prefix}.transaction yet`, {
      remedy: 'It is tried again by itself. The connector has to run, with `provide.transaction.metadata=true`.',
    });
  }

  async open({ from, identity }: OpenStream): Promise<ChangeStream> {
    const { prefix } = this.#options;
    const lanes = await openLanes(this.#kafka, prefix, this.topics);
    const before = this.#identity;
    if (before?.system !== identity.system || before.timeline !== identity.timeline) this.#marks.forget();
    this.#identity = identity;
    this.#marks.begin(from);
    const ended = new AbortController();
    const watch = this.#watch(identity, ended);
    const lost = this.#tenure?.lost;
    this.#stream = new DebeziumStream({
      lanes,
      tables: this.#decoded,
      settings: this.#settings,
      database: this.#database,
      from,
      lost: lost ? AbortSignal.any([lost, ended.signal]) : ended.signal,
      onGap: (position) => {
        this.#floor = position;
      },
      source: {
        hasWritten: (position) => watch.hasWritten(position),
        saw: (message) => watch.saw(message),
        isGapBefore: (transaction) => this.#isGapBefore(transaction),
        lacksRows: (transaction, cut) => this.#lacksRows(transaction, cut),
      },
    });
    return new EndingStream(this.#stream, () => watch[Symbol.asyncDispose]());
  }

  get topics(): readonly string[] {
    return topicsOf(this.#options.prefix, this.#decoded);
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

  #watch(identity: SourceIdentity, ended: AbortController): SourceWatch {
    const { legacyUrl: url, properties, log } = this.#options;
    const slot = properties['slot.name'] ?? DEFAULT_SLOT;
    return new SourceWatch({ url, slot, identity, marks: this.#marks, onOther: (error) => ended.abort(error), log });
  }

  /** A connector that leaves messages out sends no mark at all, and what it sends would be a gap each time. */
  #isGapBefore(transaction: SourceTransaction): boolean {
    const isGap = this.#marks.isGapBefore(transaction);
    if (!isGap || this.#marks.hasSeenAny) return isGap;
    this.#unheard += 1;
    if (this.#unheard < 2) return true;
    const what =
      'what fig writes into the log does not come: messages are left out, or the connector reads another server';
    throw wrongSetting(`${this.#options.prefix}.message`, what, 'message.prefix.exclude.list=');
  }

  async #lacksRows(...[ended, cut]: Parameters<SourceView['lacksRows']>): Promise<boolean> {
    const client = await connectToLegacy(this.#options.legacyUrl, 'fig preflight');
    try {
      return await lacksRows(client, this.#tables, ended, cut);
    } finally {
      await endConnection(client);
    }
  }

  async #resign(): Promise<void> {
    await this.#tenure?.[Symbol.asyncDispose]();
    this.#tenure = undefined;
  }
}

function laterOf(position: Position, other: Position | undefined): Position {
  return other !== undefined && other > position ? other : position;
}

function foreign(prefix: string): FigError {
  const message = `the topics of ${prefix} hold transactions that the legacy server does not have: it failed over or was restored`;
  return new FigError('FIG_LOG_FORKED', message, {
    remedy: 'Give the connector another `topic.prefix` and another slot, and fig the same prefix.',
  });
}
