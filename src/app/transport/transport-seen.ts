import { hostname } from 'node:os';
import type { Knex } from 'knex';
import { withinTime } from '../../../proxy/within-time.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { formatPosition } from '../../kernel/position.ts';
import { type Service, startLoop } from '../../kernel/service.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { endWork, forgetWork, tellWork, type Work } from '../../store/transport-work-store.ts';
import type { Capture } from '../../sync/capture/capture.ts';
import type { TopicReading } from '../../sync/capture/change-source.ts';
import type { TopicFacts, TopicWatch } from '../../sync/kafka/topic-watch.ts';
import type { Leader, LeaderStatus } from '../../sync/kafka/transport/leader.ts';
import { RateMeter } from './rate-meter.ts';
import { type Ends, endsOf, ReaderMeter } from './reader-meter.ts';
import type { LeaderFigures, ProcessFigures, ReaderFigures, TopicFigures } from './transport-figures.ts';

const TELL_EVERY_MS = 1_000;
const FAREWELL_MS = 2_000;

export interface TransportSeenOptions {
  /** Id of the process. */
  readonly process: string;
  readonly config: Pick<NormalizedConfig, 'name'>;
  readonly store: Knex;
  readonly watch: TopicWatch;
  /** Undefined: this process never writes to the topic. */
  readonly leader: Pick<Leader, 'status'> | undefined;
  /** Undefined: this process applies nothing. */
  readonly applying: Applying | undefined;
  /** Those that there are to look at; more may be known later. */
  readonly topics: () => readonly string[];
  readonly metrics: Pick<Metrics, 'transport'>;
  readonly log: Log;
}

/** How this process comes by changes, and what it does with them. */
export interface Applying {
  readonly reading: TopicReading;
  readonly capture: Pick<Capture, 'readModels' | 'applied' | 'lagOf'> & {
    /** Whether it is this process that applies a read model, where processes share them. */
    holds?(readModel: string): boolean;
  };
}

/**
 * Looks at what this process does between capture and projection, and tells the others and the metrics of it. What it is told
 * of brokers and store that do not answer is a figure that is not known.
 */
export class TransportSeen implements Service {
  readonly name = 'transport figures';
  readonly #options: TransportSeenOptions;
  readonly #loops: readonly Service[];
  readonly #changes = new RateMeter();
  readonly #bytes = new RateMeter();
  readonly #meters = new Map<string, ReaderMeter>();
  #topics: readonly TopicFacts[] = [];
  #brokersError: string | undefined;
  #ends: Ends = new Map();
  #stopping: Promise<void> | undefined;

  constructor(options: TransportSeenOptions) {
    this.#options = options;
    const onError = (error: unknown): void =>
      options.log.debug({ error: describeError(error) }, 'the figures of the topic cannot be told');
    this.#loops = [
      startLoop({ name: 'topic figures', turn: () => this.#look(), onError, maxRestMs: 2_000 }),
      startLoop({ name: this.name, turn: () => this.#tell(), onError, maxRestMs: 2_000 }),
    ];
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // Brokers and a store that do not answer keep nobody from ending; others notice by the silence.
    const ended = this.#end().catch((error: unknown) =>
      this.#options.log.debug({ error: describeError(error) }, 'it was not told that this process ends'),
    );
    await withinTime(ended, FAREWELL_MS);
  }

  async #end(): Promise<void> {
    const { store, process, watch } = this.#options;
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    await Promise.all([watch[Symbol.asyncDispose](), endWork(store, process)]);
  }

  async #look(): Promise<number> {
    const { watch, topics: wanted } = this.#options;
    const { topics, error } = await watch.look(wanted());
    this.#topics = topics;
    this.#brokersError = error;
    this.#ends = endsOf(topics);
    return TELL_EVERY_MS;
  }

  async #tell(): Promise<number> {
    const { store, config, process, leader, applying, metrics } = this.#options;
    const writer = leader?.status();
    const itself: ProcessFigures = {
      ...(writer && { writer: { state: writer.state, error: writer.error } }),
      topics: this.#topics.map(topicFigures),
      brokersError: this.#brokersError,
      joining: joiningFigures(applying?.reading),
    };
    const works: Work[] = [{ work: 'process', name: process, claim: 0, figures: itself }];
    const leads = writer && this.#leaderFigures(writer);
    if (leads) works.push({ work: 'leader', name: 'leader', claim: leads.epoch, figures: leads });
    const readers = applying ? this.#readers(applying) : [];
    for (const { name, figures } of readers) works.push({ work: 'read-model', name, claim: 0, figures });
    metrics.transport({ writer, sent: writer?.sent, topics: itself.topics, readers, joining: itself.joining });
    const who = { migration: config.name, process, host: hostname(), pid: globalThis.process.pid };
    const takeovers = await tellWork(store, who, works);
    await forgetWork(store);
    metrics.transport({ takeovers });
    return TELL_EVERY_MS;
  }

  #leaderFigures({ state, epoch, written, sent, heldBytes }: LeaderStatus): LeaderFigures | undefined {
    const now = performance.now();
    this.#changes.add(sent.changes, now);
    this.#bytes.add(sent.bytes, now);
    if (state !== 'leading' || epoch === undefined) return undefined;
    return {
      epoch,
      written: written === undefined ? undefined : formatPosition(written),
      ...sent,
      changesPerSecond: this.#changes.perSecond(),
      bytesPerSecond: this.#bytes.perSecond(),
      heldBytes,
    };
  }

  #readers({ reading, capture }: Applying): readonly { readonly name: string; readonly figures: ReaderFigures }[] {
    const here = capture.readModels.filter((name) => reading.reads(name) && capture.holds?.(name) !== false);
    return here.map((name) => ({ name, figures: this.#readerFigures(name, { reading, capture }) }));
  }

  #readerFigures(name: string, { reading, capture }: Applying): ReaderFigures {
    let meter = this.#meters.get(name);
    if (!meter) this.#meters.set(name, (meter = new ReaderMeter()));
    const applied = capture.applied(name)?.current();
    return meter.figures({
      applied,
      places: applied === undefined ? [] : reading.placesAt(applied),
      ends: this.#ends,
      lag: capture.lagOf(name),
      atMs: performance.now(),
    });
  }
}

function topicFigures({ topic, retentionMs, replicas, inSync, partitions }: TopicFacts): TopicFigures {
  return {
    topic,
    retentionSeconds: retentionMs === undefined ? undefined : retentionMs / 1_000,
    replicas,
    inSync,
    partitions: partitions.map(({ partition, low, end }) => ({
      partition,
      end: Number(end),
      messages: Number(end - low),
    })),
  };
}

function joiningFigures(reading: TopicReading | undefined): ProcessFigures['joining'] {
  if (!reading?.joining) return undefined;
  const { waiting, silentMs } = reading.joining;
  return { waiting, silentSeconds: silentMs === undefined ? undefined : silentMs / 1_000 };
}
