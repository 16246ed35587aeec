import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';

/** Its exports cannot be told from its source, so node imports none of them by name. */
export const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof Kafkajs;
