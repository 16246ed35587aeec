import { FigError } from '../../../kernel/fig-error.ts';
import type { TopicOffset } from '../../../store/topic-store.ts';
import type { OffsetRange } from '../client/kafka-admin.ts';

// Nothing here does I/O.

/** Whether reading can go on where it ended, by the offsets that the partition has now. Throws FIG_EVENT_TOPIC_CHANGED, FIG_EVENTS_LOST. */
export function judgePlace({ topic, partition, next }: TopicOffset, range: OffsetRange | undefined): void {
  const name = nameOf(topic, partition);
  if (range === undefined) throw changed(`${name}, which was read up to ${String(next)}, is not there any more`);
  if (next > range.high) {
    throw changed(`${name} was read up to ${String(next)}, and now ends at ${String(range.high)}`);
  }
  if (next < range.low) {
    const lost = `${String(next)} to ${String(range.low - 1n)}`;
    throw new FigError(
      'FIG_EVENTS_LOST',
      `${name} does not have the offsets ${lost} any more, which were not read yet`,
    );
  }
}

export function changed(what: string): FigError {
  return new FigError('FIG_EVENT_TOPIC_CHANGED', what);
}

export function nameOf(topic: string, partition: number): string {
  return `partition ${String(partition)} of the topic ${topic}`;
}
