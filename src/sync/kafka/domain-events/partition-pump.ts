import { machineNow } from '../../../kernel/machine-time.ts';
import { sleep } from '../../../kernel/service.ts';
import type { TopicOffset } from '../../../store/topic-store.ts';
import type { PartitionReader } from '../client/partition-reader.ts';
import type { MessageChunk } from './apply-messages.ts';

/** How long a broker waits for a message: an answer that nothing is there is news, too. */
const WAIT_MS = 250;
const PAUSE_MS = 200;
const MESSAGES_PER_CHUNK = 200;
const BYTES_PER_CHUNK = 1024 * 1024;

export interface PumpParts {
  readonly reader: Pick<PartitionReader, 'read'>;
  readonly start: TopicOffset;
  /** Applies what follows what was applied before. */
  readonly apply: (chunk: MessageChunk) => Promise<void>;
  /** Whether nothing is to be read now. */
  readonly isPaused: () => boolean;
}

/** How far one partition is read. */
export interface PartitionReport {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the message to read next: everything before it is applied. */
  readonly next: bigint;
  /** Offset that will be written next, as last heard; undefined: nothing was heard yet. */
  readonly end: bigint | undefined;
  /** Since it was known to have nothing that is not applied, in seconds; undefined: it never was. */
  readonly lagSeconds: number | undefined;
}

/** Reads one partition in its order. */
export class PartitionPump {
  readonly #parts: PumpParts;
  #next: bigint;
  #high: bigint | undefined;
  #levelAt: number | undefined;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#next = parts.start.next;
  }

  /** When the partition was known to have nothing that is not applied, by the machine's time; undefined: never. */
  get levelAt(): number | undefined {
    return this.#levelAt;
  }

  report(): PartitionReport {
    const { topic, partition } = this.#parts.start;
    const [next, high] = [this.#next, this.#high];
    return {
      topic,
      partition,
      next,
      // What is applied was written, also when nothing further was heard of the partition since.
      end: high === undefined || high > next ? high : next,
      lagSeconds: this.#levelAt === undefined ? undefined : (machineNow() - this.#levelAt) / 1_000,
    };
  }

  /** Messages that are not applied yet, and all there are, as far as is known. */
  get behind(): bigint {
    return this.#high === undefined || this.#high < this.#next ? 0n : this.#high - this.#next;
  }

  /** Until the signal. Throws FIG_KAFKA_*, and what `apply` does. */
  async run(signal: AbortSignal): Promise<void> {
    const { reader, start, apply, isPaused } = this.#parts;
    while (!signal.aborted) {
      if (isPaused()) {
        await sleep(PAUSE_MS, signal);
        continue;
      }
      const askedAt = machineNow();
      const slice = await reader.read(this.#next, WAIT_MS);
      this.#high = slice.high;
      const { topic, partition } = start;
      for (const messages of chunksOf(slice.messages)) {
        if (signal.aborted) return;
        // Of the last chunk the slice knows better where to go on: marks of transactions follow it.
        const isLast = messages.at(-1) === slice.messages.at(-1);
        const next = isLast ? slice.next : messages.at(-1)!.offset + 1n;
        const raw = messages.map((each) => ({ ...each, topic, partition, timestampMs: each.timestampMs }));
        await apply({ topic, partition, from: this.#next, next, messages: raw });
        this.#next = next;
        if (isPaused()) break;
      }
      if (slice.messages.length === 0 && slice.next > this.#next) {
        await apply({ topic, partition, from: this.#next, next: slice.next, messages: [] });
        this.#next = slice.next;
      }
      if (this.#next >= slice.high) this.#levelAt = askedAt;
    }
  }
}

function* chunksOf<T extends { readonly value: Buffer | null }>(messages: readonly T[]): Generator<readonly T[]> {
  let [chunk, bytes]: [T[], number] = [[], 0];
  for (const message of messages) {
    chunk.push(message);
    bytes += message.value?.length ?? 0;
    if (chunk.length < MESSAGES_PER_CHUNK && bytes < BYTES_PER_CHUNK) continue;
    yield chunk;
    [chunk, bytes] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}
