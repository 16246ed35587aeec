import type { Knex } from 'knex';
import type { EventHandler } from '../../config/event-handler.ts';
import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import { withDomainEvents } from '../../config/normalize-domain-events.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { NormalizedPublish } from '../../config/normalized-publish.ts';
import { publishedEvents } from '../../config/publish-definition.ts';
import type { Translation } from '../../config/domain-events-definition.ts';
import { OutgoingEventStore } from '../../store/outgoing-event-store.ts';

const outgoing = new OutgoingEventStore();

const publishLater: EventHandler = (event, tx) => outgoing.add(tx, event);

/**
 * What is published, as a read model: its one handler puts events of every type into a queue, in the transaction that moves its
 * position. So they get there exactly once, and an event that does not fit is a dead letter with those of its key behind it.
 *
 * Other types and translations do not make it another definition: it holds nothing that was made by them, and while it is
 * made anew changes are not translated.
 */
export function publishedModel({ domainEvents, history }: NormalizedPublish): EventReadModelDefinition {
  const { types, translate = {} } = domainEvents;
  const translations = Object.entries(translate).map(([table, each]) => {
    const { change, ...rest } = typeof each === 'function' ? { change: each } : each;
    return [table, { ...rest, change: history ? withHistory(change) : withoutHistory(change) }] as const;
  });
  const model = withDomainEvents(
    {
      name: 'fig_published',
      version: 1,
      key: 'id',
      // Nothing is read from here: the queue must outlast the tables, which are emptied when all is given again.
      table: (table: Knex.CreateTableBuilder) => void table.text('id').primary(),
      sources: {},
      on: Object.fromEntries(types.names.map((type) => [type, publishLater])),
    } as unknown as EventReadModelDefinition,
    { ...domainEvents, translate: Object.fromEntries(translations) },
  );
  return { ...model, events: { ...model.events!, handlers: {}, otherwise: publishLater } };
}

/** For whoever lists what has dead letters. */
export function publishedAsFeature({ publish }: Pick<NormalizedConfig, 'publish'>): readonly {
  readonly name: string;
  readonly readModel: EventReadModelDefinition;
}[] {
  return publish ? [{ name: publishedEvents, readModel: publishedModel(publish) }] : [];
}

// The texts of these two are what a definition is known by.

function withHistory(translation: Translation): Translation {
  return (change) => translation(change);
}

function withoutHistory(translation: Translation): Translation {
  return (change) => (change.kind === 'snapshot' ? undefined : translation(change));
}
