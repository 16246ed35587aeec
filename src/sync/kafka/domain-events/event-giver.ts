import type { Knex } from 'knex';
import type { DomainEvent } from '../../../config/domain-event.ts';
import type { NormalizedEventTopic } from '../../../config/domain-topics-definition.ts';
import type { EventTypes } from '../../../config/event-types.ts';
import type { TopicReadModelDefinition } from '../../../config/topic-read-model.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import { decodeMessage } from './decode-message.ts';
import type { DecodedMessage, MessageToDecode } from './decoded-message.ts';
import { type EventVerdict, judgeEvent } from './judge-event.ts';

export interface GiverParts {
  readonly definition: TopicReadModelDefinition;
  /** That holds the read model's tables. */
  readonly schema: string;
  readonly types: EventTypes;
  /** By name. */
  readonly topics: ReadonlyMap<string, NormalizedEventTopic>;
}

/** Calls the handlers of a read model, one event after the other. */
export class EventGiver {
  readonly #parts: GiverParts;
  readonly #handled: ReadonlySet<string>;

  constructor(parts: GiverParts) {
    this.#parts = parts;
    this.#handled = new Set(Object.keys(parts.definition.on));
  }

  /** Lets handlers call the read model's tables by their names, until the transaction ends. */
  async prepare(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`SET LOCAL search_path TO "${this.#parts.schema}", public`);
  }

  decode(topic: string, message: MessageToDecode): DecodedMessage {
    return decodeMessage(this.#topic(topic).format, message);
  }

  judge(topic: string, decoded: DecodedMessage): EventVerdict {
    const { types } = this.#parts;
    return judgeEvent(decoded, { types, ignore: this.#topic(topic).ignore, handled: this.#handled });
  }

  async give(tx: Knex.Transaction, event: DomainEvent): Promise<void> {
    await this.#parts.definition.on[event.type]!(event, tx);
  }

  /** The keys of the read model that an event is about; undefined: not known. */
  modelKeys(event: DomainEvent | undefined): readonly string[] | undefined {
    const { eventKeyOf } = this.#parts.definition;
    if (!eventKeyOf || !event) return undefined;
    try {
      const found = [eventKeyOf(event)].flat();
      // A key that is none says nothing about the others.
      return found.some((key) => key === null || key === undefined) ? undefined : [...new Set(found.map(String))];
    } catch {
      return undefined;
    }
  }

  #topic(name: string): NormalizedEventTopic {
    const topic = this.#parts.topics.get(name);
    if (topic === undefined) throw new FigError('FIG_INTERNAL', `the read model does not read the topic ${name}`);
    return topic;
  }
}
