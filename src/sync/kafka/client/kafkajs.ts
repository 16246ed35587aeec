import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';

type Used = 'Kafka' | 'logLevel' | 'Partitioners' | 'PartitionAssigners' | 'ConfigResourceTypes';

const require = createRequire(import.meta.url);
const load = (): typeof Kafkajs => require('kafkajs') as typeof Kafkajs;

/**
 * Its exports cannot be told from its source, so node imports none of them by name. Loaded when it is first used, so that
 * a process without Kafka starts sooner.
 */
export const kafkajs: Readonly<Pick<typeof Kafkajs, Used>> = {
  get Kafka() {
    return load().Kafka;
  },
  get logLevel() {
    return load().logLevel;
  },
  get Partitioners() {
    return load().Partitioners;
  },
  get PartitionAssigners() {
    return load().PartitionAssigners;
  },
  get ConfigResourceTypes() {
    return load().ConfigResourceTypes;
  },
};
