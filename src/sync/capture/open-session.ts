import type { Position } from '../../kernel/position.ts';
import { identifySource, type SourceIdentity } from '../postgres/identify-source.ts';
import { inspectSource } from '../postgres/preflight/inspect-source.ts';
import { refuseOnErrors } from '../postgres/preflight/refuse-on-errors.ts';
import { connectToLegacy, endConnection } from '../postgres/legacy-connection.ts';
import { ReplicationStream } from '../postgres/replication-stream.ts';
import { ensurePublished, readPublicationMarks, withdrawOthers } from '../postgres/publication.ts';
import { slotNameOf } from '../postgres/slot.ts';
import { withdrawExposed } from '../postgres/withdraw-exposed.ts';
import { MOST_WAITING } from '../dead-letters/letter-book.ts';
import { Projection } from '../projection/projection.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { boundStandstill } from './bound-standstill.ts';
import { demandsOf } from './demands-of.ts';
import { judgeFailure } from './judge-failure.ts';
import { Lane } from './lane.ts';
import { leaveModelsOf } from './leave-models-of.ts';
import { markTables } from './mark-tables.ts';
import { divideModels, type RefusedModel } from './refused-model.ts';
import type { SessionOptions } from './session-options.ts';
import { SourceChanges } from './source-changes.ts';
import { suspectUnpublished } from './suspect-unpublished.ts';
import { fingerprintOf, takeUp, type TakenUp } from './take-up.ts';

export interface OpenedSession {
  readonly stream: ReplicationStream;
  readonly lanes: readonly Lane[];
  /** These have no lane: something is wrong with a table of theirs. */
  readonly refused: readonly RefusedModel[];
  readonly identity: SourceIdentity;
  readonly changes: SourceChanges;
  readonly slot: string;
}

/** Checks the legacy database, makes publication and slot, takes the projections up and starts streaming. */
export async function openSession(options: SessionOptions): Promise<OpenedSession> {
  const { url, target, times } = options;
  const { publishBudgetMs, createSlotBudgetMs } = times;
  const client = await connectToLegacy(options.url, 'fig preflight');
  try {
    const slotName = slotNameOf(options.migration, client.database ?? '');
    await boundStandstill(client, slotName, options);
    const demands = demandsOf(options.readModels);
    const inspected = await inspectSource(client, { url: options.url, slot: slotName, demands });
    const { findings, refusals, tables: found } = inspected;
    options.onFindings(findings);
    const leave = (table: string): void => leaveModelsOf(table, options);
    await suspectUnpublished(client, slotName, found, { demands, target: options.target, leave });
    await withdrawExposed(client, slotName, findings, {
      onExposed: leave,
      budgetMs: publishBudgetMs,
      log: options.log,
    });
    refuseOnErrors(inspected.ofServer);
    const { taken, refused } = divideModels(options.readModels, refusals, options.log);
    if (taken.length === 0) refuseOnErrors(findings);
    for (const model of refused) model.tell(options);
    const wanted = new Set(demandsOf(taken).map(({ table }) => table));
    const captured = new Map([...found].filter(([name]) => wanted.has(name)));
    await ensurePublished(client, slotName, [...captured.keys()], publishBudgetMs);
    const tables = markTables(captured, await readPublicationMarks(client, slotName));
    const changes = new SourceChanges({ url, publication: slotName, target, times }, tables);
    const projections = taken.map(
      (model) =>
        new Projection(
          options.target,
          model,
          tables,
          { letters: options.maxLetters(model), waiting: MOST_WAITING },
          () => options.beforeEmptying(readModelNames(model).projection),
        ),
    );
    const identity = await identifySource(options.url);
    const takenUp = await takeUp({
      client,
      target: options.target,
      name: slotName,
      projections,
      identity,
      identifyAgain: () => identifySource(options.url),
      createSlotBudgetMs,
      log: options.log,
      onUnusable: ({ names }) => options.onPosition(names.projection, undefined),
    });
    const { slot, fresh } = takenUp;
    for (const model of refused) await model.stand(options.target, slot.confirmed, identity);
    const stands = projections.map((each) => (fresh.has(each) ? slot.confirmed : each.position));
    const stream = await ReplicationStream.open({
      url: options.url,
      slot: slot.name,
      publication: slot.name,
      // The server may forget what lies before it.
      from: leastOf([...stands, ...refused.flatMap(({ needsFrom }) => needsFrom ?? [])]),
      spool: options.spool,
      batch: options.batch,
    });
    try {
      // Only whoever holds the slot may drop and make tables, or publish fewer: another fig may still be serving from them.
      const lanes = projections.map((projection) => new Lane(projection, identity.end, options));
      for (const lane of lanes) await trying(lane, takenUp, () => lane.projection.claim());
      // What is published of refused tables goes on being kept, so that they need not be copied again.
      await withdrawOthers(
        client,
        slotName,
        demands.map(({ table }) => table),
        { budgetMs: publishBudgetMs, log: options.log },
      );
      for (const lane of lanes) {
        if (!lane.isOut) await trying(lane, takenUp, () => prepare(lane.projection, takenUp, identity));
      }
      return { stream, lanes, refused, identity, changes, slot: slot.name };
    } catch (error) {
      await stream[Symbol.asyncDispose]();
      throw error;
    }
  } finally {
    await endConnection(client);
  }
}

/** One that cannot be claimed, or whose tables cannot be made or mended, begins out of the session: the others have one. */
async function trying(lane: Lane, { fresh }: TakenUp, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Another process has come to hold the slot, so this one's stream is about to end.
    if (judgeFailure(error) === 'of-the-stream') throw error;
    if (fresh.has(lane.projection)) lane.needsNoLog();
    lane.takeOut(error);
  }
}

async function prepare(
  projection: Projection,
  { slot, fresh, mend }: TakenUp,
  identity: SourceIdentity,
): Promise<void> {
  if (fresh.has(projection)) {
    await projection.restart(fingerprintOf(projection, identity), slot.confirmed, identity.timeline);
  } else await projection.hastenLetters();
  await mend.get(projection)?.();
}

export function leastOf(positions: readonly Position[]): Position {
  return positions.reduce((least, position) => (position < least ? position : least));
}
