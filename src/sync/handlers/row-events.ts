import type { Knex } from 'knex';
import type { Change } from '../change.ts';
import { asTheyWereMade } from '../changes-and-messages.ts';
import type { EventFeeds } from '../domain-events/event-feeds.ts';
import { keyText, keyValues, textOfKey } from '../mirror/collapse-changes.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { AppliedPiece, CommittedChanges, Stage } from '../projection/derivation.ts';
import { keysUpTo } from './keys-up-to.ts';
import type { RowEvent } from './row-event.ts';
import { RowOverlay, type RowStep } from './row-overlay.ts';
import { metPart, standingOf } from './walk-rule.ts';

interface TouchedKeys {
  readonly all: readonly (readonly string[])[];
  /** Touched before a TRUNCATE, or without one: of the others no stored row matters. */
  readonly stored: readonly (readonly string[])[];
}

type EventFacts = Pick<RowEvent, 'position' | 'committedAtMs' | 'number'>;

/** A source of which at least some rows were given to handlers. */
interface MetSource {
  readonly overlay: RowOverlay;
  readonly isMet: (row: NonNullable<RowStep['before']>) => boolean;
}

/**
 * What handlers are to be told of a piece of the stream, in its order. To be called before the piece is landed: the mirror has
 * the rows as they were.
 */
export async function rowEventsOf(
  tx: Knex.Transaction,
  mirrors: ReadonlyMap<string, MirrorTable>,
  { transactions, net, stage }: AppliedPiece,
  feeds?: EventFeeds,
): Promise<readonly RowEvent[]> {
  const met = new Map<string, MetSource>();
  for (const [source, mirror] of mirrors) {
    // Only sources of which the piece leaves something have changes in it.
    if (!net.has(source)) continue;
    const found = await metSource(tx, mirror, touchedKeys(transactions, mirror), [...mirrors.keys()], stage);
    if (found) met.set(source, found);
  }
  return transactions.flatMap((transaction) => eventsOfTransaction(transaction, met, feeds));
}

/** Changes and domain events in the order in which they were made. */
function eventsOfTransaction(
  { changes, messages = [], first = 0, endPosition, committedAtMs }: CommittedChanges,
  met: ReadonlyMap<string, MetSource>,
  feeds: EventFeeds | undefined,
): readonly RowEvent[] {
  const place = { position: endPosition, committedAtMs };
  const events: RowEvent[] = [];
  for (const made of asTheyWereMade(changes, feeds ? messages : [])) {
    if ('message' in made) events.push(...feeds!.ofMessage(made.message, place));
    else {
      events.push(...eventsOfChange(made.change, { ...place, number: first + made.number }, met));
      if (feeds) events.push(...feeds.ofChange(made.change, place));
    }
  }
  return events;
}

async function metSource(
  tx: Knex.Transaction,
  mirror: MirrorTable,
  { all, stored }: TouchedKeys,
  order: readonly string[],
  stage: Stage,
): Promise<MetSource | undefined> {
  const standing = standingOf(mirror.source.name, order, stage);
  if (standing === 'ahead') return undefined;
  const overlay = new RowOverlay(mirror, await mirror.rowsOf(tx, stored));
  if (standing === 'passed') return { overlay, isMet: () => true };
  const passed = await keysUpTo(tx, mirror, stage.cursor!.key!, all);
  return { overlay, isMet: (row) => passed.has(keyText(row, mirror.key)) };
}

function touchedKeys(transactions: readonly CommittedChanges[], { source, key }: MirrorTable): TouchedKeys {
  const touched = new Map<string, readonly string[]>();
  let stored: TouchedKeys['stored'] | undefined;
  for (const { changes } of transactions) {
    for (const change of changes) {
      if (change.kind === 'truncate') {
        if (change.tables.includes(source.name)) stored ??= [...touched.values()];
        continue;
      }
      if (change.table !== source.name) continue;
      if (change.kind !== 'insert' && change.oldKey) note(keyValues(change.oldKey, key));
      if (change.kind !== 'delete') note(keyValues(change.row, key));
    }
  }
  const all = [...touched.values()];
  return { all, stored: stored ?? all };

  function note(values: readonly string[]): void {
    touched.set(textOfKey(values), values);
  }
}

function eventsOfChange(change: Change, facts: EventFacts, met: ReadonlyMap<string, MetSource>): readonly RowEvent[] {
  if (change.kind === 'truncate') {
    return change.tables.flatMap((source): RowEvent[] => {
      const known = met.get(source);
      known?.overlay.truncate();
      return known ? [{ ...facts, source, kind: 'truncate', before: undefined, after: undefined }] : [];
    });
  }
  const known = met.get(change.table);
  const step = known?.overlay.take(change);
  const event = known && step && eventOfStep(change.table, metPart(step, known.isMet), facts);
  return event ? [event] : [];
}

/** What a step is called; undefined when it is none. */
export function eventOfStep(source: string, { before, after }: RowStep, facts: EventFacts): RowEvent | undefined {
  if (!before && !after) return undefined;
  return { ...facts, source, kind: before ? (after ? 'update' : 'delete') : 'insert', before, after };
}
