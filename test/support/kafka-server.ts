import { randomBytes } from 'node:crypto';
import { describe, inject } from 'vitest';
import { missingForKafka } from '../../examples/kafka/find-java.ts';

const missing = missingForKafka();

if (missing !== undefined && process.env['FIG_REQUIRE_KAFKA'] === '1') {
  throw new Error(`FIG_REQUIRE_KAFKA is set, but ${missing}`);
}
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

/**
 * Tests that need Kafka. Where Java or Maven are missing they are listed as skipped, with the reason; with
 * FIG_REQUIRE_KAFKA=1, as in CI, they fail instead.
 */
export function describeWithKafka(name: string, tests: () => void): void {
  describe.skipIf(missing !== undefined)(`${name}${because}`, () => {
    tests();
  });
}

/** `host:port` of the run's broker, which starts with the first who asks. Topics of a test are its own: see `uniqueTopic`. */
export async function sharedKafka(): Promise<string> {
  return ask('/kafka');
}

/** `http://host:port` of the run's Kafka Connect, which has Debezium's connector for PostgreSQL and the broker of `sharedKafka`. */
export async function sharedConnect(): Promise<string> {
  return ask('/connect');
}

export function uniqueTopic(prefix = 'test'): string {
  return `${prefix}.${randomBytes(6).toString('hex')}`;
}

async function ask(path: string): Promise<string> {
  const answer = await fetch(`${inject('kafkaOnDemand')}${path}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
