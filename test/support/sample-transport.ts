import type { TransportStatus } from '../../src/app/transport/transport-status.ts';

/** Two processes share the read models of a shop; one of them leads, the other one stands by. */
export function sampleTransport(over: Partial<TransportStatus> = {}): TransportStatus {
  const since = new Date(Date.now() - 3 * 60_000 - 10_000).toISOString();
  const process = (host: string, pid: number) => ({ host, pid, since });
  return {
    via: 'kafka',
    leader: {
      ...process('sync-1', 11),
      epoch: 1_767_225_600_000,
      written: '0/4A1C2F8',
      changes: 120_000,
      messages: 80_000,
      bytes: 40_000_000,
      changesPerSecond: 1_204.6,
      bytesPerSecond: 312_400,
      heldBytes: 1_200_000,
    },
    leaderTakeovers: 2,
    standby: [{ host: 'sync-2', pid: 12, state: 'standby', error: undefined }],
    topics: [
      {
        topic: 'fig.shop.changes',
        partitions: [{ partition: 0, end: 80_123, messages: 60_123 }],
        messages: 60_123,
        retentionSeconds: 7 * 24 * 3_600,
        replicas: 3,
        inSync: 2,
      },
    ],
    brokersError: undefined,
    readModels: [
      {
        readModel: 'order_summary_v2',
        process: process('sync-2', 12),
        takeovers: 1,
        lagMessages: 23,
        lagSeconds: 0.04,
        lagBytes: 9_300,
        messagesPerSecond: 802.2,
        bytesPerSecond: 300_000,
        partitions: [{ topic: 'fig.shop.changes', partition: 0, next: 80_100, end: 80_123 }],
      },
      {
        readModel: 'product_list_v1',
        process: undefined,
        takeovers: 0,
        lagMessages: undefined,
        lagSeconds: undefined,
        lagBytes: undefined,
        messagesPerSecond: undefined,
        bytesPerSecond: undefined,
        partitions: [],
      },
    ],
    ...over,
  };
}

/** Of a connector whose transactions come by several topics. */
export function sampleConnector(): TransportStatus {
  const { readModels } = sampleTransport();
  const partitions = [
    { topic: 'shop.public.orders', partition: 0, next: 400, end: 412 },
    { topic: 'shop.transaction', partition: 0, next: 90, end: 90 },
  ];
  return sampleTransport({
    via: 'debezium',
    leader: undefined,
    leaderTakeovers: 0,
    standby: [],
    topics: [],
    readModels: [{ ...readModels[0]!, partitions }],
    connector: { connector: 'postgresql', prefix: 'shop', waitingTransactions: 2, silentSeconds: 1.5 },
  });
}
