import { createRequire } from 'node:module';

/** Its exports cannot be told from its source, so node imports none of them by name. */
export const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');
