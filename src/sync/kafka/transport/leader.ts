import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Knex } from 'knex';
import type { Client } from 'pg';
import type { NormalizedKafkaEvents } from '../../../config/events-definition.ts';
import type { CapturedReadModel } from '../../../config/read-model-kinds.ts';
import { FailureLog } from '../../../kernel/failure-log.ts';
import { describeError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Position } from '../../../kernel/position.ts';
import { type Service, sleep, startLoop } from '../../../kernel/service.ts';
import { TransportStore } from '../../../store/transport-store.ts';
import { batchDefaults, type BatchLimits } from '../../batch-limits.ts';
import { boundStandstill } from '../../capture/bound-standstill.ts';
import { type CaptureTimes, captureTimes } from '../../capture/capture-times.ts';
import { DirectSource } from '../../capture/direct-source.ts';
import { prepareSource } from '../../capture/prepare-source.ts';
import { Standstill } from '../../capture/standstill.ts';
import { identifySource } from '../../postgres/identify-source.ts';
import { connectToLegacy, endConnection } from '../../postgres/legacy-connection.ts';
import { FindingLog } from '../../postgres/preflight/finding-log.ts';
import { refuseOnErrors } from '../../postgres/preflight/refuse-on-errors.ts';
import { withdrawOthers } from '../../postgres/publication.ts';
import { slotNameOf } from '../../postgres/slot.ts';
import { spoolDefaults, type SpoolOptions } from '../../postgres/spool-space.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { ensureTopic } from '../preflight/inspect-topic.ts';
import { LeaderSession, type SentCounts } from './leader-session.ts';
import { SlotHold } from './slot-hold.ts';
import { currentLog, isOfLogs, sourceLogs } from './source-logs.ts';
import { endFormerSenders, senderName } from './former-senders.ts';
import { Tenure } from './tenure.ts';

const STAND_EVERY_MS = 1_000;
const MAX_REST_MS = 2_000;
const DEFAULT_MAX_BEHIND = 1024 ** 3;

export interface LeaderOptions {
  /** Connection URL of the legacy database. */
  readonly url: string;
  readonly storeUrl: string;
  /** UUID of this process, which its sessions are named after. Default: one of its own. */
  readonly process?: string | undefined;
  /** The control store, also of what is suspected of tables. */
  readonly target: Knex;
  readonly migration: string;
  /** What is captured is what these are made from. */
  readonly readModels: readonly CapturedReadModel[];
  readonly events: NormalizedKafkaEvents;
  readonly batch?: BatchLimits | undefined;
  readonly spool?: SpoolOptions | undefined;
  /** Log that the legacy server keeps at most while nothing can be written, in bytes. Default 1 GiB. */
  readonly maxBehind?: number | undefined;
  readonly times?: Partial<CaptureTimes> | undefined;
  readonly log: Log;
}

export interface LeaderStatus {
  readonly state: 'standby' | 'leading' | 'failing';
  /** Number of this leader; undefined while it does not lead. */
  readonly epoch: number | undefined;
  /** Up to here the topic has everything. */
  readonly written: Position | undefined;
  /** Since this process began. */
  readonly sent: SentCounts;
  /** Log that the legacy server keeps for the slot, in bytes; undefined while this process does not lead. */
  readonly heldBytes: number | undefined;
  readonly error: string | undefined;
}

/**
 * Writes the changes of the legacy database to a topic. Of all processes of a migration one leads; the others wait until it
 * is gone. See docs/decisions/0056-kafka-transport.md.
 */
export class Leader implements Service {
  readonly name = 'leader';
  readonly #options: LeaderOptions;
  readonly #process: string;
  readonly #store = new TransportStore();
  readonly #kafka: KafkaConnection;
  readonly #source: DirectSource;
  readonly #standstill = new Standstill();
  readonly #told: FindingLog;
  readonly #failures: FailureLog;
  readonly #loop: Service;
  #tenure: Tenure | undefined;
  #status: Omit<LeaderStatus, 'sent' | 'heldBytes'> = {
    state: 'standby',
    epoch: undefined,
    written: undefined,
    error: undefined,
  };
  #sent: SentCounts = { messages: 0, bytes: 0, changes: 0 };
  #hold: SlotHold | undefined;
  #written: { readonly position: Position; readonly offset: bigint } | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    const { url, spool = spoolDefaults, batch = batchDefaults, log } = options;
    this.#process = options.process ?? randomUUID();
    this.#kafka = new KafkaConnection(options.events, log);
    // The topic gathers; readers batch.
    this.#source = new DirectSource({ url, spool, batch: { ...batch, waitMs: 0 }, name: senderName(this.#process) });
    this.#told = new FindingLog(log);
    // The slot of a process that was killed stays taken for a moment, so the first failures are no news.
    this.#failures = new FailureLog(log, {
      first: 'no changes are written to the topic yet; trying again',
      again: 'no changes are written to the topic; trying again',
    });
    this.#loop = startLoop({
      name: 'leader',
      turn: (signal) => this.#lead(signal),
      onError: (error, attempt) => this.#failed(error, attempt),
      maxRestMs: MAX_REST_MS,
    });
  }

  status(): LeaderStatus {
    return { ...this.#status, sent: this.#sent, heldBytes: this.#hold?.bytes };
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await this.#loop.stop();
      await this.#tenure?.[Symbol.asyncDispose]();
    })();
    return this.#stopping;
  }

  async #lead(signal: AbortSignal): Promise<number | undefined> {
    const { storeUrl, migration, log } = this.#options;
    if (this.#tenure?.lost.aborted) {
      await this.#tenure[Symbol.asyncDispose]();
      this.#tenure = undefined;
      this.#status = { ...this.#status, state: 'standby', epoch: undefined };
    }
    this.#tenure ??= await Tenure.take(storeUrl, { migration, office: 'leader', process: this.#process, log }, signal);
    if (!this.#tenure) return undefined;
    const ending = AbortSignal.any([signal, this.#tenure.lost]);
    const client = await connectToLegacy(this.#options.url, 'fig preflight');
    try {
      await this.#leadWith(client, ending);
    } finally {
      await endConnection(client);
    }
    return signal.aborted ? undefined : 0;
  }

  async #leadWith(client: Client, signal: AbortSignal): Promise<void> {
    const { url, target, migration, readModels, events, log, maxBehind = DEFAULT_MAX_BEHIND } = this.#options;
    const times = { ...captureTimes, ...this.#options.times };
    const name = slotNameOf(migration, client.database ?? '');
    await boundStandstill(client, name, {
      readModels,
      maxBehind,
      standstill: this.#standstill,
      onPosition: tellNobody,
      log,
    });
    const { demands } = await prepareSource(client, name, {
      url,
      target,
      readModels,
      times,
      log,
      onPosition: tellNobody,
      onFindings: (findings) => this.#told.tell(findings),
      onRefused: tellNobody,
    });
    await this.#prepareTopic();
    const identity = await identifySource(url);
    const logs = sourceLogs(migration, identity);
    const stored = await this.#store.find(target, migration);
    const start = await this.#source.find({
      client,
      name,
      identity,
      log,
      identifyAgain: () => identifySource(url),
      isForked: stored?.place !== undefined && !isOfLogs(stored.place, logs),
      onMake: tellNobody,
      createSlotBudgetMs: times.createSlotBudgetMs,
    });
    await endFormerSenders(client, { slot: name, own: this.#process }, log);
    const tables = new Set(demands.map(({ table }) => table));
    await using stream = await this.#source.open({
      name,
      identity,
      from: start.confirmed,
      goingOn: [],
      all: 0,
      tables,
    });
    await using producer = await this.#kafka.producer();
    // Whoever holds the slot comes after those who held it, and so do the numbers.
    const epoch = await this.#store.begin(target, migration, { topic: events.topic, leader: leaderName() });
    const place = { epoch, log: currentLog(logs), previous: start.confirmed };
    const session = new LeaderSession({
      stream,
      producer,
      place,
      topic: events.topic,
      onWritten: (position, offset) => this.#onWritten(position, offset),
      onSent: (sent) => this.#onSent(sent),
    });
    this.#written = undefined;
    await session.begin();
    await this.#stand(epoch, place.log);
    const publishing = { budgetMs: times.publishBudgetMs, log };
    await withdrawOthers(client, name, [...tables], publishing);
    log.info({ topic: events.topic, epoch }, 'this process writes the changes to the topic');
    this.#status = { state: 'leading', epoch, written: start.confirmed, error: undefined };
    const ended = new AbortController();
    this.#hold = new SlotHold(client, name);
    signal.addEventListener('abort', () => void stream[Symbol.asyncDispose](), { once: true, signal: ended.signal });
    const standing = this.#keepStanding(epoch, place.log, {
      onReplaced: () => void stream[Symbol.asyncDispose](),
      signal: AbortSignal.any([signal, ended.signal]),
    });
    try {
      await session.run(signal);
    } finally {
      ended.abort();
      await standing;
      this.#hold = undefined;
      this.#standstill.over();
    }
  }

  /** Not one that would forget changes, or not take them. */
  async #prepareTopic(): Promise<void> {
    await using admin = await this.#kafka.admin();
    refuseOnErrors(await ensureTopic(admin, this.#options.events));
  }

  /** Tells readers where to begin, and that somebody leads. What it fails at is tried again a moment later. */
  async #keepStanding(
    epoch: number,
    log: string,
    { onReplaced, signal }: { readonly onReplaced: () => void; readonly signal: AbortSignal },
  ): Promise<void> {
    while (!signal.aborted) {
      await sleep(STAND_EVERY_MS, signal);
      void this.#hold?.look();
      try {
        if (await this.#stand(epoch, log)) continue;
        // Readers ignore what is written under this number, and the slot would be told that they have it.
        this.#options.log.warn({ epoch }, 'another leader has begun meanwhile; this one begins anew');
        onReplaced();
        return;
      } catch (error) {
        this.#options.log.debug({ error: describeError(error) }, 'the place of the leader was not stored');
      }
    }
  }

  /** False: another leader has begun since. */
  async #stand(epoch: number, log: string): Promise<boolean> {
    const written = this.#written;
    if (!written) return true;
    return this.#store.stand(this.#options.target, this.#options.migration, { ...written, epoch, log });
  }

  #onWritten(position: Position, offset: bigint): void {
    this.#written = { position, offset };
    this.#status = { ...this.#status, written: position };
  }

  #onSent({ messages, bytes, changes }: SentCounts): void {
    const before = this.#sent;
    this.#sent = {
      messages: before.messages + messages,
      bytes: before.bytes + bytes,
      changes: before.changes + changes,
    };
  }

  #failed(error: unknown, attempt: number): void {
    this.#status = { ...this.#status, state: 'failing', epoch: undefined, error: describeError(error) };
    this.#failures.tell(error, attempt, { topic: this.#options.events.topic });
  }
}

/** Positions, and what is wrong with a read model, are told by whoever applies. */
function tellNobody(): void {
  // Nobody is read from here.
}

function leaderName(): string {
  return `${hostname()} ${process.pid}`;
}
