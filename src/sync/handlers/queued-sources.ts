import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import { eventModelKeys } from '../domain-events/event-model-keys.ts';
import { eventKeyColumns, eventSource, translatedSource } from '../domain-events/event-source.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { modelKeysOf } from './model-keys.ts';
import type { RowEvent } from './row-event.ts';

/** What waits: changes of rows, changes that could not be translated, and events. */
export class QueuedSources {
  readonly #definition: EventReadModelDefinition;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;

  constructor(definition: EventReadModelDefinition, mirrors: ReadonlyMap<string, MirrorTable>) {
    this.#definition = definition;
    this.#mirrors = mirrors;
  }

  /** Columns by which what waits for each other is told apart. */
  keyOf(source: string): readonly string[] {
    return source === eventSource ? eventKeyColumns : this.#mirrors.get(translatedSource(source) ?? source)!.key;
  }

  /** The keys of the read model that it is about; undefined: not known. */
  modelKeysOf(event: RowEvent): readonly string[] | undefined {
    if (event.source === eventSource) return eventModelKeys(this.#definition, event);
    // Whatever the events would have been about.
    if (translatedSource(event.source) !== undefined) return undefined;
    return modelKeysOf(this.#definition, event, this.#mirrors.get(event.source)!.source.columns);
  }
}
