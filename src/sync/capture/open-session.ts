import type { Position } from '../../kernel/position.ts';
import type { ChangeStream } from '../change-stream.ts';
import { identifySource, type SourceIdentity } from '../postgres/identify-source.ts';
import { connectToLegacy, endConnection } from '../postgres/legacy-connection.ts';
import { readPublicationMarks, withdrawOthers } from '../postgres/publication.ts';
import { slotNameOf } from '../postgres/slot.ts';
import { type LetterLimits, MOST_WAITING } from '../dead-letters/letter-book.ts';
import { Projection } from '../projection/projection.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { boundStandstill } from './bound-standstill.ts';
import { judgeFailure } from './judge-failure.ts';
import { Lane } from './lane.ts';
import { markTables } from './mark-tables.ts';
import { prepareSource } from './prepare-source.ts';
import type { RefusedModel } from './refused-model.ts';
import type { SessionOptions } from './session-options.ts';
import { SourceChanges } from './source-changes.ts';
import { fingerprintOf, takeUp, type TakenUp } from './take-up.ts';

export interface OpenedSession {
  readonly stream: ChangeStream;
  readonly lanes: readonly Lane[];
  /** These have no lane: something is wrong with a table of theirs. */
  readonly refused: readonly RefusedModel[];
  readonly identity: SourceIdentity;
  readonly changes: SourceChanges;
  readonly slot: string;
}

/** Checks the legacy database, makes publication and slot, takes the projections up and starts streaming. */
export async function openSession(options: SessionOptions): Promise<OpenedSession> {
  const { url, target, times, source } = options;
  const { publishBudgetMs, createSlotBudgetMs } = times;
  const client = await connectToLegacy(options.url, 'fig preflight');
  try {
    const slotName = slotNameOf(options.migration, client.database ?? '');
    if (source.holdsSlot) await boundStandstill(client, slotName, options);
    const { taken, refused, demands, captured } = await prepareSource(client, slotName, {
      ...options,
      onRefused: (model) => model.tell(options),
    });
    const tables = markTables(captured, await readPublicationMarks(client, slotName));
    const changes = new SourceChanges({ url, publication: slotName, target, times }, tables);
    const projections = taken.map(
      (model) =>
        new Projection(options.target, model, tables, {
          ...limitsOf(options.maxLetters(model)),
          onMove: source,
          beforeEmptying: () => options.beforeEmptying(readModelNames(model).projection),
        }),
    );
    const identity = await identifySource(options.url);
    const takenUp = await takeUp({
      client,
      target: options.target,
      source,
      name: slotName,
      projections,
      identity,
      identifyAgain: () => identifySource(options.url),
      createSlotBudgetMs,
      log: options.log,
      onUnusable: ({ names }) => options.onPosition(names.projection, undefined),
    });
    const { start, fresh } = takenUp;
    for (const model of refused) await model.stand(options.target, start.oldest, identity);
    const stands = projections.map((each) => (fresh.has(each) ? start.confirmed : each.position));
    const stream = await source.open({
      name: slotName,
      identity,
      // The server may forget what lies before it; a topic does not forget what nobody waits for.
      from: leastOf([...stands, ...(source.holdsSlot ? refused.flatMap(({ needsFrom }) => needsFrom ?? []) : [])]),
      goingOn: projections.filter((each) => !fresh.has(each)).map(({ names }) => names.projection),
      all: projections.length,
      tables: new Set(captured.keys()),
    });
    try {
      // Only whose turn it is may drop and make tables, or publish fewer: another fig may still be serving from them.
      const lanes = projections.map((projection) => new Lane(projection, identity.end, options));
      for (const lane of lanes) await trying(lane, takenUp, () => lane.projection.claim());
      // What is published of refused tables goes on being kept, so that they need not be copied again.
      if (source.holdsSlot) {
        await withdrawOthers(
          client,
          slotName,
          demands.map(({ table }) => table),
          { budgetMs: publishBudgetMs, log: options.log },
        );
      }
      for (const lane of lanes) {
        if (!lane.isOut) await trying(lane, takenUp, () => prepare(lane.projection, takenUp, identity));
      }
      return { stream, lanes, refused, identity, changes, slot: slotName };
    } catch (error) {
      await stream[Symbol.asyncDispose]();
      throw error;
    }
  } finally {
    await endConnection(client);
  }
}

/** What has no limit of letters, as what is published, is never given up for what waits either. */
function limitsOf(letters: number): LetterLimits {
  return { letters, waiting: Number.isFinite(letters) ? MOST_WAITING : letters };
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
  { start, fresh, mend }: TakenUp,
  identity: SourceIdentity,
): Promise<void> {
  if (fresh.has(projection)) {
    await projection.restart(fingerprintOf(projection, identity), start.confirmed, identity.timeline);
  } else await projection.hastenLetters();
  await mend.get(projection)?.();
}

export function leastOf(positions: readonly Position[]): Position {
  return positions.reduce((least, position) => (position < least ? position : least));
}
