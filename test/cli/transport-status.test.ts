import { expect, test } from 'vitest';
import { paletteFor } from '../../src/cli/palette.ts';
import { renderStatus } from '../../src/cli/render-status.ts';
import { sampleControl } from '../support/sample-control.ts';
import { sampleConnector, sampleTransport } from '../support/sample-transport.ts';

const palette = paletteFor({ write: () => undefined }, {});
const shown = (transport: ReturnType<typeof sampleTransport>): string =>
  renderStatus(sampleControl({ transport }).current, palette);

test('fig status shows the leader, the topic, and which process applies which read model how far behind', () => {
  const text = shown(sampleTransport());
  expect(text).toMatch(
    /leader +sync-1 11 for 3 min, epoch 1767225600000, 1,205 changes\/s, 312.4 kB\/s, written to 0\/4A1C2F8, legacy keeps 1.2 MB for the slot, 2 takeovers/,
  );
  expect(text).toMatch(/stands by +sync-2 12/);
  expect(text).toMatch(/topic +fig.shop.changes, 1 partition, 60,123 messages kept for 7 d 0 h, 2 of 3 copies in step/);
  expect(text).toMatch(/order_summary_v2 +sync-2 12 +3 min +23 +40 ms, 9.3 kB +802 messages\/s +1/);
  expect(text).toMatch(/product_list_v1 +no process/);
});

test('fig status says that nobody leads, and what keeps a process from it', () => {
  const failing = { host: 'sync-2', pid: 12, state: 'failing' as const, error: 'bad\u001b[2J' };
  const text = shown(sampleTransport({ leader: undefined, standby: [failing], brokersError: 'no broker answers' }));
  expect(text).toMatch(/leader +no process writes changes to the topic, 2 takeovers/);
  expect(text).toContain('sync-2 12: bad\\x1b[2J');
  expect(text).toMatch(/brokers +no broker answers/);
});

test('fig status shows the partitions of a connector, and the transactions that are not whole yet', () => {
  const text = shown(sampleConnector());
  expect(text).toMatch(
    /connector +Debezium postgresql, prefix shop, transactions not whole yet: 2, last message 1.5 s ago/,
  );
  expect(text).toMatch(/shop.public.orders +0 +400 +412 +12/);
});
