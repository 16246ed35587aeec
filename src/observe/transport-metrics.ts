import { Counter, Gauge, type Registry } from 'prom-client';

/** What one process does between capture and projection. What is left out is not known, or not done here. */
export interface TransportGauges {
  /** Of a process that writes to the topic, or would. */
  readonly writer?:
    | {
        readonly state: string;
        readonly epoch: number | undefined;
        /** Log position in bytes. */
        readonly written: bigint | undefined;
        readonly heldBytes: number | undefined;
      }
    | undefined;
  /** Since this process began. */
  readonly sent?: { readonly messages: number; readonly bytes: number; readonly changes: number } | undefined;
  readonly topics?: readonly TopicGauges[] | undefined;
  /** Read models that this process applies changes to; of others nothing is exposed any more. */
  readonly readers?: readonly { readonly name: string; readonly figures: ReaderGauges }[] | undefined;
  readonly joining?: { readonly waiting: number; readonly silentSeconds?: number | undefined } | undefined;
  /** What this process has taken over from another one since the last call. */
  readonly takeovers?: readonly { readonly work: string; readonly name: string }[] | undefined;
}

interface TopicGauges {
  readonly topic: string;
  readonly retentionSeconds?: number | undefined;
  readonly partitions: readonly { readonly partition: number; readonly messages: number }[];
}

interface ReaderGauges {
  readonly lagMessages?: number | undefined;
  readonly lagSeconds?: number | undefined;
  readonly lagBytes?: number | undefined;
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly next: number;
    readonly end?: number | undefined;
  }[];
}

/** Metrics of topics between capture and projection; those of a process that has no part in it stay empty or 0. */
export function transportMetrics(registry: Registry, label: (value: string) => string) {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const leads = gauge('fig_transport_leader', '1 while this process writes changes to the topic, else 0.');
  const epoch = gauge('fig_transport_leader_epoch', 'Number of this process as leader; 0 while it does not lead.');
  const written = gauge(
    'fig_transport_written_position_bytes',
    'Source position up to which the topic has everything.',
  );
  const changes = counter('fig_transport_written_changes_total', 'Changes of rows that were written to the topic.');
  const messages = counter('fig_transport_written_messages_total', 'Messages that were written to the topic.');
  const bytes = counter('fig_transport_written_bytes_total', 'Bytes that were written to the topic.');
  const held = gauge('fig_transport_slot_held_bytes', 'Log that the legacy server keeps for the slot of the leader.');
  const kept = gauge('fig_transport_topic_messages', 'Messages that a partition keeps.', ['topic', 'partition']);
  const retention = gauge('fig_transport_topic_retention_seconds', 'How long a topic keeps messages.', ['topic']);
  const lagMessages = gauge('fig_transport_lag_messages', 'Messages that are written and not applied.', ['read_model']);
  const lagSeconds = gauge('fig_transport_lag_seconds', 'How far a read model is behind legacy.', ['read_model']);
  const lagBytes = gauge('fig_transport_lag_bytes', "The same in bytes of legacy's log.", ['read_model']);
  const partitionLag = gauge(
    'fig_transport_partition_lag_messages',
    'Messages of a partition that are written and not applied to the read model that is the furthest behind.',
    ['topic', 'partition'],
  );
  const leaderTakeovers = counter('fig_transport_leader_takeovers_total', 'Times this process took over as leader.');
  const readerTakeovers = counter(
    'fig_transport_reader_takeovers_total',
    'Times this process took over a read model from another one.',
    ['read_model'],
  );
  const waiting = gauge('fig_debezium_waiting_transactions', 'Transactions of which something came, and not yet all.');
  const silent = gauge('fig_debezium_silent_seconds', 'Time since something came from any topic of the connector.');

  let before = { messages: 0, bytes: 0, changes: 0 };
  const count = (sent: typeof before): void => {
    changes.inc(sent.changes - before.changes);
    messages.inc(sent.messages - before.messages);
    bytes.inc(sent.bytes - before.bytes);
    before = sent;
  };
  const read = (readers: NonNullable<TransportGauges['readers']>): void => {
    for (const each of [lagMessages, lagSeconds, lagBytes, partitionLag]) each.reset();
    const most = new Map<string, { readonly labels: { topic: string; partition: number }; readonly lag: number }>();
    for (const { name, figures } of readers) {
      const of = { read_model: label(name) };
      if (figures.lagMessages !== undefined) lagMessages.set(of, figures.lagMessages);
      if (figures.lagSeconds !== undefined) lagSeconds.set(of, figures.lagSeconds);
      if (figures.lagBytes !== undefined) lagBytes.set(of, figures.lagBytes);
      for (const { topic, partition, next, end } of figures.partitions) {
        const lag = end === undefined ? 0 : end - next;
        const key = `${topic} ${partition}`;
        if (end !== undefined && lag >= (most.get(key)?.lag ?? 0)) most.set(key, { labels: { topic, partition }, lag });
      }
    }
    for (const { labels, lag } of most.values()) partitionLag.set(labels, lag);
  };

  return ({ writer, sent, topics, readers, joining, takeovers = [] }: TransportGauges): void => {
    if (writer) {
      const isLeader = writer.state === 'leading';
      leads.set(isLeader ? 1 : 0);
      epoch.set(isLeader ? (writer.epoch ?? 0) : 0);
      if (writer.written !== undefined) written.set(Number(writer.written));
      held.set(writer.heldBytes ?? 0);
    }
    if (sent) count(sent);
    if (topics) {
      kept.reset();
      retention.reset();
      for (const { topic, retentionSeconds, partitions } of topics) {
        if (retentionSeconds !== undefined) retention.set({ topic }, retentionSeconds);
        for (const each of partitions) kept.set({ topic, partition: each.partition }, each.messages);
      }
    }
    if (readers) read(readers);
    if (joining) {
      waiting.set(joining.waiting);
      silent.set(joining.silentSeconds ?? 0);
    }
    for (const { work, name } of takeovers) {
      if (work === 'leader') leaderTakeovers.inc();
      else if (work === 'read-model') readerTakeovers.inc({ read_model: label(name) });
    }
  };
}
