import type { Position } from '../../kernel/position.ts';
import type { PartitionPlace } from '../../sync/capture/change-source.ts';
import type { TopicFacts } from '../../sync/kafka/topic-watch.ts';
import { RateMeter } from './rate-meter.ts';
import type { ReaderFigures } from './transport-figures.ts';

/** Offsets that will be written next, by topic and partition. */
export type Ends = ReadonlyMap<string, bigint>;

export interface ReaderReading {
  /** Undefined while the read model cannot be read. */
  readonly applied: Position | undefined;
  readonly places: readonly PartitionPlace[];
  readonly ends: Ends;
  /** Behind the legacy database. */
  readonly lag: { readonly bytes: number; readonly seconds: number } | undefined;
  readonly atMs: number;
}

export function endsOf(topics: readonly TopicFacts[]): Ends {
  return new Map(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, end }) => [keyOf({ topic, partition }), end] as const),
    ),
  );
}

/** Measures how a read model gets on with its partitions. No I/O. */
export class ReaderMeter {
  readonly #messages = new RateMeter();
  readonly #bytes = new RateMeter();

  figures({ applied, places, ends, lag, atMs }: ReaderReading): ReaderFigures {
    const partitions = places.map((place) => {
      const end = ends.get(keyOf(place));
      // What was written since the end was asked for may be applied by now.
      return { ...place, end: end === undefined || end > place.next ? end : place.next };
    });
    if (partitions.length > 0) this.#messages.add(sum(partitions.map(({ next }) => next)), atMs);
    if (applied !== undefined) this.#bytes.add(Number(applied), atMs);
    const unread = partitions.map(({ next, end }) => (end === undefined ? undefined : end - next));
    const isKnown = unread.length > 0 && unread.every((each) => each !== undefined);
    return {
      lagMessages: isKnown ? sum(unread) : undefined,
      lagSeconds: lag?.seconds,
      lagBytes: lag?.bytes,
      messagesPerSecond: this.#messages.perSecond(),
      bytesPerSecond: this.#bytes.perSecond(),
      partitions: partitions.map(({ topic, partition, next, end }) => ({
        topic,
        partition,
        next: Number(next),
        end: end === undefined ? undefined : Number(end),
      })),
    };
  }
}

function keyOf({ topic, partition }: Pick<PartitionPlace, 'topic' | 'partition'>): string {
  return `${topic} ${partition}`;
}

function sum(numbers: readonly bigint[]): number {
  return Number(numbers.reduce((total, each) => total + each, 0n));
}
