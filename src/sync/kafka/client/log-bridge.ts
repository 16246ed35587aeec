import type { logCreator } from 'kafkajs';
import type { Log } from '../../../kernel/log.ts';

/** Nothing in it for an operator: the first is a choice of ours, the second is told by what we do about it. */
const noise = /^(Limiting retries for the idempotent producer|KafkaJS v2\.0\.0 switched default partitioner)/;
/** The same is worth an info once in so long: while brokers are away kafkajs says it several times a second. */
const AGAIN_MS = 60_000;
/** Texts that are remembered; they name brokers and topics, so there are few. */
const MOST_TEXTS = 100;

/**
 * Hands on what kafkajs logs. It calls every attempt that failed an error, also one that it repeats, so its errors are
 * worth an info, and its repetitions less: what an operator has to know is told by whoever gave up. Fields are a few that cannot
 * hold a secret. `now`: milliseconds that go on.
 */
export function logBridge(log: Log, now: () => number = () => performance.now()): logCreator {
  const told = new Map<string, number>();
  const isNews = (text: string): boolean => {
    const before = told.get(text);
    if (before !== undefined && now() - before < AGAIN_MS) return false;
    if (told.size >= MOST_TEXTS) told.clear();
    told.set(text, now());
    return true;
  };
  return () =>
    ({ label, namespace, log: { message, ...fields } }) => {
      if (noise.test(message)) return;
      const isInfo = label === 'ERROR' && isNews(`${namespace} ${message}`);
      const tell = isInfo ? log.info.bind(log) : log.debug.bind(log);
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
