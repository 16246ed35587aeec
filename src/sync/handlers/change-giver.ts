import type { Knex } from 'knex';
import type { ChangeHandler } from '../../config/row-change.ts';
import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import { qualifiedSource } from '../../store/read-model-names.ts';
import { giveEvent } from '../domain-events/event-giver.ts';
import { eventSource } from '../domain-events/event-source.ts';
import type { Failure } from '../dead-letters/describe-failure.ts';
import { tryInSavepoint } from '../dead-letters/try-in-savepoint.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceColumn } from '../postgres/catalog.ts';
import { type RowEvent, toRowChange } from './row-event.ts';

interface Receiver {
  /** As the definition calls the source. */
  readonly table: string;
  readonly columns: readonly SourceColumn[];
  readonly handler: ChangeHandler;
}

/** Calls the handlers of a read model, one change or event after the other. */
export class ChangeGiver {
  readonly #schema: string;
  readonly #receivers: ReadonlyMap<string, Receiver>;
  readonly #events: EventReadModelDefinition['events'];

  /** `schema`: of the read model's tables. */
  constructor(schema: string, { on, events }: EventReadModelDefinition, mirrors: ReadonlyMap<string, MirrorTable>) {
    this.#schema = schema;
    this.#events = events;
    this.#receivers = new Map(
      Object.entries(on).map(([table, handler]) => {
        const source = qualifiedSource(table);
        return [source, { table, columns: mirrors.get(source)!.source.columns, handler }];
      }),
    );
  }

  /** Lets handlers call the read model's tables by their names, until the transaction ends. */
  async prepare(tx: Knex.Transaction): Promise<void> {
    await tx.raw(`SET LOCAL search_path TO "${this.#schema}", public`);
  }

  /** Whether there is a handler of the source's changes. */
  takes(source: string): boolean {
    return this.#receivers.has(source);
  }

  async give(tx: Knex.Transaction, event: RowEvent): Promise<void> {
    if (event.source === eventSource) {
      await giveEvent(tx, event, this.#events!);
      return;
    }
    const { handler, table, columns } = this.#receivers.get(event.source)!;
    await handler(toRowChange(event, table, columns), tx);
  }

  /** The same, but when the handler does not take it nothing is left of that, and the answer says why. */
  tryGive(
    tx: Knex.Transaction,
    event: RowEvent,
    { checksConstraints }: { readonly checksConstraints: boolean },
  ): Promise<Failure | undefined> {
    return tryInSavepoint(tx, () => this.give(tx, event), { checksConstraints });
  }
}
