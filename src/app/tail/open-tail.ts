import type { Knex } from 'knex';
import type { NormalizedEventTopic } from '../../config/domain-topics-definition.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import { demandsOf } from '../../sync/capture/demands-of.ts';
import { listenToTranslated } from '../../sync/domain-events/translated-events.ts';
import { tailEventTopic } from '../../sync/kafka/domain-events/tail-event-topic.ts';
import { tailTopic } from '../../sync/kafka/transport/topic-tail.ts';
import { eventLine } from '../../sync/tail/event-line.ts';
import { LineMaker } from '../../sync/tail/line-maker.ts';
import type { StreamTap } from '../../sync/tail/stream-tap.ts';
import type { TailLine } from '../../sync/tail/tail-line.ts';
import { TranslatedLines } from '../../sync/tail/translated-lines.ts';
import { askStore } from '../starting/store-presence.ts';
import type { EventTail, TailReader } from './event-tail.ts';
import { LossyReader } from './lossy-reader.ts';
import { StartTogether } from './start-together.ts';
import { type WantedTail, whatToTail } from './what-to-tail.ts';

export interface OpenTailOptions {
  readonly config: NormalizedConfig;
  readonly store: Knex;
  /** Of the changes that this process applies; undefined: it applies none. */
  readonly tap: StreamTap | undefined;
  /** Says whom to ask where this process cannot tell. */
  readonly askElsewhere?: (() => string) | undefined;
  readonly log: Log;
}

/** One who looks, and what of everything that is met is shown. */
interface Looking {
  readonly reader: TailReader;
  readonly secret: Uint8Array;
  readonly isWanted: (line: TailLine) => boolean;
  readonly together: StartTogether;
  /** Aborts when nobody looks any more, and when something cannot be looked at. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Changes and the events among them come from the topic where fig writes one, which every process can read; else from what this
 * process applies. Events of other topics are read there, and what is translated is seen where it is.
 */
export function openTail({ config, store, tap, askElsewhere, log }: OpenTailOptions): EventTail {
  const { events } = config;
  return async ({ feature, type, from }, reader) => {
    const wanted = whatToTail(config, { feature, type });
    const seesLog = wanted.models.length > 0 || wanted.topics.length === 0;
    if (seesLog && events.via !== 'kafka') refuseWhatIsNotSeen({ via: events.via, from, tap, askElsewhere });
    // The one that reconciliation hashes keys with, so that a row can be found again.
    const secret = await askStore(store, sharedSecret(store, 'reconciliation keys'));
    const ways: ((looking: Looking) => Promise<void>)[] = wanted.topics.map((topic) => (looking) => {
      return tailEvents({ topic, from }, looking);
    });
    if (seesLog && events.via === 'kafka') ways.push((looking) => tailChanges({ events, from, wanted }, looking));
    else if (seesLog && tap) ways.push((looking) => tailTap(tap, wanted, looking));
    if (tap && from === 'now' && wanted.events.length > 0) {
      ways.push((looking) => tailTranslated(wanted, looking));
    }
    const ended = new AbortController();
    const looking: Looking = {
      reader,
      secret,
      isWanted: (line) => type === undefined || line.type === type,
      together: new StartTogether(ways.length, () => reader.begin()),
      signal: AbortSignal.any([reader.signal, ended.signal]),
      log,
    };
    try {
      await Promise.all(ways.map((way) => way(looking)));
    } finally {
      ended.abort();
    }
  };
}

function refuseWhatIsNotSeen({
  via,
  from,
  tap,
  askElsewhere,
}: Pick<OpenTailOptions, 'tap' | 'askElsewhere'> & { readonly via: string; readonly from: string }): void {
  if (from === 'beginning') {
    throw new FigError('FIG_USAGE', `changes that have gone through are kept by nobody with events.via ${via}`, {
      remedy: 'Leave --from out: changes are shown from now on. With `via: kafka` the topic keeps them.',
    });
  }
  if (tap) return;
  const where = askElsewhere?.() ?? '';
  throw new FigError('FIG_OTHER_ROLE', `changes do not come by this process, but by the one that applies them${where}`);
}

/** The topic keeps it, so it can wait for a slow reader. */
async function tailChanges(
  {
    events,
    from,
    wanted,
  }: {
    readonly events: Extract<NormalizedConfig['events'], { readonly via: 'kafka' }>;
    readonly from: 'beginning' | 'now';
    readonly wanted: WantedTail;
  },
  looking: Looking,
): Promise<void> {
  const { reader, isWanted, together, signal, log } = looking;
  const maker = makerOf(wanted, looking);
  const onBegin = (): Promise<void> => together.arrive(signal);
  for await (const { head, piece } of tailTopic({ access: events, topic: events.topic, from, onBegin, log }, signal)) {
    maker.learn(piece.relations);
    for (const line of maker.lines(head, piece, Date.now())) if (isWanted(line)) await taken(reader, line);
  }
}

async function tailEvents(
  { topic, from }: { readonly topic: NormalizedEventTopic; readonly from: 'beginning' | 'now' },
  { reader, secret, isWanted, together, signal, log }: Looking,
): Promise<void> {
  await tailEventTopic(
    {
      topic,
      from,
      onBegin: () => together.arrive(signal),
      take: async (event) => {
        const line = eventLine(event, secret, Date.now());
        if (isWanted(line)) await taken(reader, line);
      },
      log,
    },
    signal,
  );
}

/** Whoever applies waits for nobody. */
async function tailTap(tap: StreamTap, wanted: WantedTail, looking: Looking): Promise<void> {
  const { reader, isWanted, together } = looking;
  const maker = makerOf(wanted, looking);
  const lossy = new LossyReader(reader);
  maker.learn(tap.relations);
  const end = tap.listen((head, piece) => {
    maker.learn(piece.relations);
    if (!together.hasBegun) return;
    for (const line of maker.lines(head, piece, Date.now())) if (isWanted(line)) lossy.offer(line);
  });
  await untilAborted(looking).finally(end);
}

async function tailTranslated({ events }: WantedTail, looking: Looking): Promise<void> {
  const { reader, isWanted, secret, together } = looking;
  const sources = new Set(events.flatMap(({ translate }) => Object.keys(translate)));
  const maker = new TranslatedLines(secret);
  const lossy = new LossyReader(reader);
  const end = listenToTranslated((told) => {
    if (!together.hasBegun || !sources.has(told.source)) return;
    for (const line of maker.lines(told, Date.now())) if (isWanted(line)) lossy.offer(line);
  });
  await untilAborted(looking).finally(end);
}

function makerOf({ models, events }: WantedTail, { secret }: Looking): LineMaker {
  const keys = new Map(demandsOf(models).map(({ table, key }) => [table, key]));
  // A migration has one outbox and one prefix, if any.
  const outbox = events.find((each) => each.outbox)?.outbox;
  const messagePrefix = events.find((each) => each.messagePrefix !== undefined)?.messagePrefix;
  return new LineMaker({ keys, outbox, messagePrefix }, secret);
}

async function untilAborted({ together, signal }: Looking): Promise<void> {
  await together.arrive(signal);
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function taken(reader: TailReader, line: TailLine): Promise<void> {
  while (!reader.signal.aborted && !reader.take(line)) await reader.room();
}
