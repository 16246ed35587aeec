import { Counter, Gauge, type Registry } from 'prom-client';

/** What one process does with topics of events and with events that are published. What is left out is not known, or not done here. */
export interface EventGauges {
  /** Read models whose topics this process reads; of others nothing is exposed any more. */
  readonly reading?:
    | readonly {
        readonly name: string;
        readonly lagSeconds: number | undefined;
        readonly repeats: number;
        readonly figures: {
          readonly lagMessages?: number | undefined;
          readonly partitions: readonly {
            readonly topic: string;
            readonly partition: number;
            readonly next: number;
            readonly end?: number | undefined;
          }[];
        };
      }[]
    | undefined;
  readonly publishing?:
    | {
        readonly isOn: boolean;
        readonly problem: string | undefined;
        readonly waiting: number;
        readonly oldestMs: number | undefined;
        /** Log position in bytes. */
        readonly position: bigint | undefined;
        readonly remembered: number;
      }
    | undefined;
  /** What this process has taken over from another one since the last call. */
  readonly takeovers?: readonly { readonly work: string; readonly name: string }[] | undefined;
}

/** Metrics of events; those of a process that has no part in it stay empty or 0. */
export function eventMetrics(registry: Registry, label: (value: string) => string) {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers });
  const of = ['read_model' as const];
  const lagMessages = gauge('fig_events_lag_messages', 'Messages of topics of events that are not applied.', of);
  const lagSeconds = gauge('fig_events_lag_seconds', 'Time since everything that the topics had was applied.', of);
  const repeats = gauge('fig_events_repeats', 'Events that came again and were left out.', of);
  const partitionLag = gauge('fig_events_partition_lag_messages', 'Messages of a partition that are not applied.', [
    'read_model',
    'topic',
    'partition',
  ]);
  const takeoversOf = new Counter({
    name: 'fig_events_takeovers_total',
    help: 'Times this process took over from another one: a read model of topics, or publishing.',
    labelNames: ['work'],
    registers,
  });
  const publishes = gauge('fig_publish_active', '1 while it is this process that publishes events, else 0.');
  const failing = gauge('fig_publish_failing', '1 while this process should publish events and cannot, else 0.');
  const waiting = gauge('fig_publish_waiting_events', 'Events that wait to be published.');
  const oldest = gauge(
    'fig_publish_oldest_seconds',
    'Age of the first event that waits to be published; 0: none does.',
  );
  const position = gauge('fig_publish_position_bytes', 'Position in the source log of the last event published.');
  const remembered = gauge('fig_publish_remembered_ids', 'Ids that are kept so that no event is published twice.');

  return ({ reading, publishing, takeovers = [] }: EventGauges): void => {
    if (reading) {
      for (const each of [lagMessages, lagSeconds, repeats, partitionLag]) each.reset();
      for (const each of reading) {
        const name = { read_model: label(each.name) };
        repeats.set(name, each.repeats);
        if (each.lagSeconds !== undefined) lagSeconds.set(name, each.lagSeconds);
        if (each.figures.lagMessages !== undefined) lagMessages.set(name, each.figures.lagMessages);
        for (const { topic, partition, next, end } of each.figures.partitions) {
          if (end !== undefined) partitionLag.set({ ...name, topic, partition }, end - next);
        }
      }
    }
    if (publishing) {
      publishes.set(publishing.isOn ? 1 : 0);
      failing.set(publishing.isOn && publishing.problem !== undefined ? 1 : 0);
      waiting.set(publishing.waiting);
      oldest.set((publishing.oldestMs ?? 0) / 1_000);
      if (publishing.position !== undefined) position.set(Number(publishing.position));
      remembered.set(publishing.remembered);
    }
    for (const { work, name } of takeovers) takeoversOf.inc({ work: work === 'publisher' ? work : label(name) });
  };
}
