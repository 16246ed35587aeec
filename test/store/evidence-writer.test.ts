import { expect, test, vi } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import { EvidenceWriter } from '../../src/store/evidence-writer.ts';
import { createEvidenceTestStore, evidenceItem } from './evidence-test-store.ts';

const numbered = (count: number): EvidenceItem[] =>
  Array.from({ length: count }, (_, i) => evidenceItem({ key: Buffer.from(String(i)) }));

test('what is recorded is in the store soon after, without being asked for', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  const writer = new EvidenceWriter({ append: (items) => store.append(items), log: silentLog, intervalMs: 10 });
  for (const item of numbered(450)) writer.record(item);
  await vi.waitFor(async () => {
    expect((await store.summarize('orders', 'f1', 'shadow')).verdicts.match).toBe(450);
  });
  await writer.stop();
  expect(writer.lost).toBe(0);
});

test('stopping writes what still waits', async () => {
  const written: EvidenceItem[] = [];
  const append = async (items: readonly EvidenceItem[]): Promise<void> => void written.push(...items);
  const writer = new EvidenceWriter({ append, log: silentLog, intervalMs: 60_000 });
  for (const item of numbered(3)) writer.record(item);
  await writer.stop();
  await writer.stop();
  expect(written).toHaveLength(3);
});

test('a full batch is written at once', async () => {
  const sizes: number[] = [];
  const append = async (items: readonly EvidenceItem[]): Promise<void> => void sizes.push(items.length);
  const writer = new EvidenceWriter({ append, log: silentLog, intervalMs: 60_000, batchSize: 10 });
  for (const item of numbered(25)) writer.record(item);
  await vi.waitFor(() => expect(sizes).toEqual([10, 10, 5]));
  await writer.stop();
});

test('a store that does not answer for a while costs nothing, and what waits is bounded', async () => {
  const written: EvidenceItem[] = [];
  let isDown = true;
  const append = async (items: readonly EvidenceItem[]): Promise<void> => {
    if (isDown) throw new Error('down');
    written.push(...items);
  };
  const writer = new EvidenceWriter({ append, log: silentLog, intervalMs: 1, maxWaiting: 20 });
  for (const item of numbered(30)) writer.record(item);
  await expect(writer.flush()).rejects.toThrow('down');
  isDown = false;
  await vi.waitFor(() => expect(written).toHaveLength(20));
  expect(writer.lost).toBe(10);
  expect(written[0]?.key).toEqual(Buffer.from('10'));
  await writer.stop();
});

test('a batch that can never be written does not stop the others for ever', async () => {
  let tries = 0;
  const written: EvidenceItem[] = [];
  const append = async (items: readonly EvidenceItem[]): Promise<void> => {
    tries += 1;
    if (items.some(({ route }) => route === 'poison')) throw new Error('poison');
    written.push(...items);
  };
  const writer = new EvidenceWriter({ append, log: silentLog, intervalMs: 60_000 });
  writer.record(evidenceItem({ route: 'poison' }));
  for (let i = 0; i < 7; i += 1) await expect(writer.flush()).rejects.toThrow('poison');
  await writer.flush();
  writer.record(evidenceItem());
  await writer.flush();
  expect(tries).toBe(9);
  expect(written).toHaveLength(1);
  expect(writer.lost).toBe(1);
  await writer.stop();
});
