import type { NormalizedEvents } from '../../config/events-definition.ts';
import { isAlive, type SeenWork } from '../../store/transport-work-store.ts';
import { readLeader, readProcess, readReader, type ProcessFigures, type TopicFigures } from './transport-figures.ts';
import type { LeaderStatus, ReaderStatus, StandbyStatus, TopicStatus, TransportStatus } from './transport-status.ts';

/** Pure: what all processes have told, as one answer. `readModels`: the projections that the config has. */
export function describeTransport(
  events: Exclude<NormalizedEvents, { readonly via: 'direct' }>,
  readModels: readonly string[],
  told: readonly SeenWork[],
): TransportStatus {
  const leading = told.find(({ work }) => work === 'leader');
  const processes = told.flatMap((seen) => {
    const figures = seen.work === 'process' && isAlive(seen) ? readProcess(seen.figures) : undefined;
    return figures ? [{ seen, figures }] : [];
  });
  const all = processes.map(({ figures }) => figures);
  return {
    via: events.via,
    leader: leading && leaderOf(leading),
    leaderTakeovers: leading?.takeovers ?? 0,
    standby: processes.flatMap(({ seen, figures }) => standbyOf(seen, figures)),
    topics: (all.find(({ topics }) => topics.length > 0)?.topics ?? []).map(topicOf),
    brokersError: all.find(({ brokersError }) => brokersError !== undefined)?.brokersError,
    readModels: readModels.map((name) => readerOf(name, told)),
    ...(events.via === 'debezium' && { connector: connectorOf(events, all) }),
  };
}

function leaderOf(seen: SeenWork): LeaderStatus | undefined {
  const figures = readLeader(seen.figures);
  if (!figures || !isAlive(seen)) return undefined;
  const { host, pid, since } = seen;
  const { epoch, written, changes, messages, bytes, changesPerSecond, bytesPerSecond, heldBytes } = figures;
  return {
    host,
    pid,
    since,
    epoch,
    written,
    changes,
    messages,
    bytes,
    changesPerSecond,
    bytesPerSecond,
    heldBytes,
  };
}

function standbyOf({ host, pid }: SeenWork, { writer }: ProcessFigures): StandbyStatus[] {
  if (!writer || writer.state === 'leading') return [];
  return [{ host, pid, state: writer.state, error: writer.error }];
}

function topicOf({ topic, partitions, retentionSeconds, replicas, inSync }: TopicFigures): TopicStatus {
  const messages = partitions.reduce((sum, each) => sum + each.messages, 0);
  return { topic, partitions, messages, retentionSeconds, replicas, inSync };
}

function readerOf(readModel: string, told: readonly SeenWork[]): ReaderStatus {
  const seen = told.find(({ work, name }) => work === 'read-model' && name === readModel);
  const figures = seen && isAlive(seen) ? readReader(seen.figures) : undefined;
  const { host, pid, since } = seen ?? {};
  const isKnown = figures && host !== undefined && pid !== undefined && since !== undefined;
  return {
    readModel,
    process: isKnown ? { host, pid, since } : undefined,
    takeovers: seen?.takeovers ?? 0,
    lagMessages: figures?.lagMessages,
    lagSeconds: figures?.lagSeconds,
    lagBytes: figures?.lagBytes,
    messagesPerSecond: figures?.messagesPerSecond,
    bytesPerSecond: figures?.bytesPerSecond,
    partitions: (figures?.partitions ?? []).map(({ topic, partition, next, end }) => ({ topic, partition, next, end })),
  };
}

function connectorOf(
  { connector, prefix }: Extract<NormalizedEvents, { readonly via: 'debezium' }>,
  all: readonly ProcessFigures[],
): NonNullable<TransportStatus['connector']> {
  const joining = all.find((each) => each.joining !== undefined)?.joining;
  return { connector, prefix, waitingTransactions: joining?.waiting, silentSeconds: joining?.silentSeconds };
}
