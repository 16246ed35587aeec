import { expect } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import type { Capture } from '../../../../src/sync/capture/capture.ts';
import type { CaptureOptions } from '../../../../src/sync/capture/capture-options.ts';
import { DebeziumSource } from '../../../../src/sync/kafka/debezium/debezium-source.ts';
import { sharedKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import type { SyncSetup } from '../../fixtures.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties, slotIsChecked } from './right-properties.ts';

/** A read model that is kept in step through the topics of a connector, and what is told of it. */
export interface ConnectorSetup extends AsyncDisposable {
  readonly connector: PostgresConnector;
  /** Codes that were warned of since the last start. */
  readonly codes: unknown[];
  start(capture?: Partial<CaptureOptions>): Capture;
}

/** `more`: how the connector is set; fig is told that it looks at its slot in any case. `own`: address of a Kafka Connect of the test's own. */
export async function throughConnector(
  sync: SyncSetup,
  more: Readonly<Record<string, string>> = {},
  own?: string,
): Promise<ConnectorSetup> {
  const broker = await sharedKafka();
  await sync.legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
  const properties = { ...rightProperties, ...more };
  const connector = await PostgresConnector.start(sync.legacyUrl, 'everything', properties, { connect: own });
  const codes: unknown[] = [];
  const log = { ...silentLog, warn: (fields: object) => void codes.push((fields as { code?: string }).code) };
  return {
    connector,
    codes,
    start: (capture = {}) => {
      codes.length = 0;
      const changes = new DebeziumSource({
        access: { brokers: [broker], security: { tls: undefined, sasl: undefined } },
        prefix: connector.prefix,
        properties: { ...properties, ...slotIsChecked, 'slot.name': connector.prefix },
        migration: 'test',
        legacyUrl: sync.legacyUrl,
        tables: ['public.orders', 'public.items', 'public.customers'],
        storeUrl: sync.targetUrl,
        log: silentLog,
      });
      return sync.startCapture({ changes, log, ...capture });
    },
    [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose](),
  };
}

export async function equalsLegacy(sync: SyncSetup, capture: Capture): Promise<void> {
  await until(
    'the read model equals legacy',
    async () => {
      capture.source.nudge();
      const error = capture.status().error ?? capture.progressOf('summary').state;
      expect(await sync.actual(), error).toEqual(await sync.expected());
      return true;
    },
    60_000,
  );
}
