import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatheredChunks } from '../../../proxy/body-query/gathered-chunks.ts';

function gathered(chunks: readonly Buffer[]): readonly Buffer[] {
  const gathering = new GatheredChunks();
  for (const chunk of chunks) gathering.add(chunk);
  return gathering.take();
}

test('a body of single bytes is kept in few buffers', () => {
  const bytes = Buffer.from('abcdefgh'.repeat(32_768));
  const kept = gathered(Array.from(bytes, (byte) => Buffer.of(byte)));
  expect(kept.length).toBeLessThanOrEqual(64);
  expect(Buffer.concat(kept).equals(bytes)).toBe(true);
});

test('a byte between two great chunks takes no block', () => {
  const great = Buffer.alloc(2_000, 'x');
  const kept = gathered([great, Buffer.of(1), great]);
  expect(kept.map((chunk) => chunk.byteLength)).toEqual([2_000, 1, 2_000]);
  expect(kept[0]).toBe(great);
});

test('whatever the chunks are, the bytes and their order stay', () => {
  const lengths = fc.array(fc.oneof(fc.nat(20), fc.nat(1_100), fc.nat(9_000)), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(lengths, (wanted) => {
      const chunks = wanted.map((length, n) => Buffer.alloc(length, n + 1));
      expect(Buffer.concat(gathered(chunks)).equals(Buffer.concat(chunks))).toBe(true);
    }),
  );
});
