import { afterAll, beforeAll } from 'vitest';
import { type Connect, startConnect } from '../../examples/kafka/connect.ts';
import { sharedKafka } from './kafka-server.ts';

interface OwnConnect {
  /** `host:port` of the run's broker, which it writes to. */
  readonly broker: string;
  readonly connect: Connect;
}

/** A Kafka Connect of the test file's own, which it may kill. To be called where tests are declared; it gives it within them. */
export function useOwnConnect(): () => OwnConnect {
  let own: OwnConnect | undefined;
  beforeAll(async () => {
    const broker = await sharedKafka();
    own = { broker, connect: await startConnect({ broker, settings: { 'offset.flush.interval.ms': '300' } }) };
  }, 120_000);
  afterAll(async () => {
    await own?.connect.stop();
  });
  return () => own!;
}
