import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { LoggedEvents, TranslationDefinition } from './domain-events-definition.ts';
import { EventTypes } from './event-types.ts';
import type { EventHandler } from './event-handler.ts';
import type { EventReadModelDefinition, EventSourceDefinition } from './event-read-model.ts';
import { qualifiedSource } from './mirror-name.ts';
import type { ReadModelEvents } from './read-model-events.ts';
import { type AnyReadModelDefinition, isHandled } from './read-model-kinds.ts';

/**
 * Of a read model with handlers of domain events: follows the tables that events come from, too, and has those handlers
 * apart from the ones of changes. Any other read model is given back as it is.
 */
export function withDomainEvents<T extends AnyReadModelDefinition>(
  readModel: T,
  domainEvents: LoggedEvents | undefined,
): T | EventReadModelDefinition {
  if (!isHandled(readModel) || !domainEvents) return readModel;
  const { on } = readModel;
  const names = Object.keys(on).filter((name) => !(name in readModel.sources));
  if (names.length === 0) return readModel;
  const { outbox, messages, types } = domainEvents;
  const translations = translationsOf(domainEvents).filter(([, each]) => mayGive(each, names));
  const sources = new SourceList(readModel.sources);
  if (outbox) sources.add(outbox.table, outbox.primaryKey ?? outbox.id);
  for (const [table, { key = 'id' }] of translations) sources.add(table, key);
  const events: ReadModelEvents = {
    // The types say that all of `on` are handlers of changes; that names tell them apart is checked by the schema.
    handlers: Object.fromEntries(names.map((name) => [name, on[name] as unknown as EventHandler])),
    types: types instanceof EventTypes ? types : new EventTypes(types),
    outbox: outbox && {
      source: qualifiedSource(outbox.table),
      columns: { id: outbox.id, type: outbox.type, key: outbox.key, data: outbox.data, at: outbox.at },
    },
    messagePrefix: messages?.prefix,
    translate: Object.fromEntries(translations.map(([table, { change }]) => [qualifiedSource(table), change])),
  };
  const ofSources = Object.fromEntries(Object.entries(on).filter(([name]) => name in readModel.sources));
  return { ...readModel, sources: sources.all, on: ofSources, events };
}

/** Handlers in `on` that nothing calls: neither a source nor a declared type is called so. */
export function handlerProblems(
  readModel: unknown,
  types: readonly string[],
): readonly { readonly path: readonly string[]; readonly message: string }[] {
  if (typeof readModel !== 'object' || readModel === null || !('on' in readModel) || 'topics' in readModel) return [];
  const { on, sources = {} } = readModel as Pick<EventReadModelDefinition, 'on'> & Partial<EventReadModelDefinition>;
  const known = Object.keys(sources);
  const events = Object.keys(on).filter((name) => !known.includes(name));
  if (known.length === 0 && (events.length === 0 || types.length === 0)) {
    return [
      { path: ['sources'], message: 'at least one legacy table, or handlers of types that domainEvents declares' },
    ];
  }
  const what =
    types.length === 0 ? 'one of the tables in sources' : 'one of the tables in sources or of domainEvents.types';
  return events
    .filter((name) => !types.includes(name))
    .map((name) => ({ path: ['on', name], message: what + didYouMean(name, [...known, ...types]) }));
}

interface Declared {
  readonly domainEvents?: { readonly types: object } | undefined;
  readonly features?:
    | readonly { readonly readModel?: unknown; readonly previous?: { readonly readModel: unknown } | undefined }[]
    | undefined;
}

/** Says of each such handler where it is. */
export function refuseStrayHandlers({ domainEvents, features = [] }: Declared, context: z.RefinementCtx): void {
  const types = Object.keys(domainEvents?.types ?? {});
  features.forEach(({ readModel, previous }, n) => {
    for (const [at, model] of [[[], readModel] as const, [['previous'], previous?.readModel] as const]) {
      for (const { path, message } of handlerProblems(model, types)) {
        context.addIssue({ code: 'custom', message, path: ['features', n, ...at, 'readModel', ...path] });
      }
    }
  });
}

function translationsOf({ translate = {} }: LoggedEvents): (readonly [string, TranslationDefinition])[] {
  return Object.entries(translate).map(([table, each]) => [
    table,
    typeof each === 'function' ? { change: each } : each,
  ]);
}

function mayGive({ types }: TranslationDefinition, names: readonly string[]): boolean {
  return types === undefined || types.some((type) => names.includes(type));
}

/** The sources of a read model and what comes to them, each table once. */
class SourceList {
  readonly all: Record<string, EventSourceDefinition>;

  constructor(declared: Readonly<Record<string, EventSourceDefinition>>) {
    this.all = { ...declared };
  }

  add(table: string, key: string | readonly string[]): void {
    const isKnown = Object.keys(this.all).some((name) => qualifiedSource(name) === qualifiedSource(table));
    if (!isKnown) this.all[table] = { key };
  }
}
