import { kafkajs } from './kafkajs.ts';

/** The partition that Java's clients choose for a key, so that all writers of a topic agree. */
export function partitionOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  return kafkajs.Partitioners.DefaultPartitioner()({ topic: '', partitionMetadata, message: { key, value: null } });
}
