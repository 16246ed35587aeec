import { hostname } from 'node:os';
import type { Knex } from 'knex';
import { withinTime } from '../../../proxy/within-time.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { type Service, startLoop } from '../../kernel/service.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { OutgoingEventStore } from '../../store/outgoing-event-store.ts';
import { endWork, tellWork, type Work } from '../../store/transport-work-store.ts';
import type { TopicReport } from '../../sync/kafka/domain-events/topic-read-model.ts';
import type { EventPublisher } from '../../sync/kafka/publish/event-publisher.ts';
import { RateMeter } from '../transport/rate-meter.ts';
import type { EventReaderFigures } from './event-figures.ts';

const TELL_EVERY_MS = 1_000;
const FAREWELL_MS = 2_000;

/** A read model that is made of topics, as far as this process knows. */
export interface SeenReader {
  /** `account_v1` */
  readonly projection: string;
  report(): TopicReport;
  lagSeconds(): number | undefined;
}

export interface EventsSeenOptions {
  /** Id of the process. */
  readonly process: string;
  readonly migration: string;
  readonly store: Knex;
  readonly readers: readonly SeenReader[];
  /** Undefined: nothing is to be published. */
  readonly publisher: Pick<EventPublisher, 'status'> | undefined;
  readonly metrics: Pick<Metrics, 'events'>;
  readonly log: Log;
}

/** Tells the other processes and the metrics what this one reads of topics, and what waits to be published. */
export class EventsSeen implements Service {
  readonly name = 'event figures';
  readonly #options: EventsSeenOptions;
  readonly #loop: Service;
  readonly #queue = new OutgoingEventStore();
  readonly #rates = new Map<string, RateMeter>();
  #stopping: Promise<void> | undefined;

  constructor(options: EventsSeenOptions) {
    this.#options = options;
    this.#loop = startLoop({
      name: this.name,
      turn: () => this.#tell(),
      onError: (error) => options.log.debug({ error: describeError(error) }, 'the figures of events cannot be told'),
      maxRestMs: 2_000,
    });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { store, process } = this.#options;
    // A store that does not answer keeps nobody from ending; others notice by the silence.
    const ended = this.#loop.stop().then(() => endWork(store, process));
    await withinTime(
      ended.catch(() => undefined),
      FAREWELL_MS,
    );
  }

  async #tell(): Promise<number> {
    const { store, migration, process, readers, publisher, metrics } = this.#options;
    const reading = readers.flatMap((reader) => {
      const { projection } = reader;
      const { isOwner, repeats, partitions } = reader.report();
      if (!isOwner) return [];
      const figures = this.#figures(projection, partitions);
      return [{ name: projection, figures, repeats, lagSeconds: reader.lagSeconds() }];
    });
    const publishing = publisher?.status();
    const works: Work[] = reading.map(({ name, figures }) => ({ work: 'read-model', name, claim: 0, figures }));
    if (publishing?.isOn) {
      const { failingSeconds, problem } = publishing;
      works.push({ work: 'publisher', name: 'publisher', claim: 0, figures: { failingSeconds, problem } });
    }
    metrics.events({ reading });
    const who = { migration, process, host: hostname(), pid: globalThis.process.pid };
    metrics.events({ takeovers: await tellWork(store, who, works) });
    if (publishing) metrics.events({ publishing: { ...publishing, ...(await this.#queue.state(store)) } });
    return TELL_EVERY_MS;
  }

  #figures(name: string, partitions: TopicReport['partitions']): EventReaderFigures {
    let rate = this.#rates.get(name);
    if (!rate) this.#rates.set(name, (rate = new RateMeter()));
    const read = partitions.reduce((total, { next }) => total + next, 0n);
    if (partitions.length > 0) rate.add(Number(read), performance.now());
    const unread = partitions.map(({ next, end }) => (end === undefined ? undefined : Number(end - next)));
    const isKnown = unread.length > 0 && unread.every((each) => each !== undefined);
    return {
      lagMessages: isKnown ? unread.reduce((sum, each) => sum + each, 0) : undefined,
      messagesPerSecond: rate.perSecond(),
      partitions: partitions.map(({ next, end, ...rest }) => ({
        ...rest,
        next: Number(next),
        end: end === undefined ? undefined : Number(end),
      })),
    };
  }
}
