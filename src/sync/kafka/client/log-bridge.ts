import type { logCreator } from 'kafkajs';
import type { Log } from '../../../kernel/log.ts';

/** Nothing in it for an operator: the first is a choice of ours, the second is told by what we do about it. */
const noise = /^(Limiting retries for the idempotent producer|KafkaJS v2\.0\.0 switched default partitioner)/;

/**
 * Hands on what kafkajs logs. It calls every attempt that failed an error, also one that it repeats, so its errors are
 * worth an info: what an operator has to know is told by whoever gave up. Fields are a few that cannot hold a secret.
 */
export function logBridge(log: Log): logCreator {
  return () =>
    ({ label, namespace, log: { message, ...fields } }) => {
      if (noise.test(message)) return;
      const tell = label === 'ERROR' ? log.info.bind(log) : log.debug.bind(log);
      tell({ part: namespace, ...shown(fields) }, `kafkajs: ${message}`);
    };
}

const kept = ['broker', 'topic', 'partition', 'retryCount', 'retryTime', 'error'] as const;

function shown(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = fields[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}
