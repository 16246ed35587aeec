import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeBody, maxDecodedBytes } from '../../shadow/decode-body.ts';

function coded(coding: string, body: Uint8Array): ReturnType<typeof decodeBody> {
  return decodeBody({ status: 200, headers: ['content-encoding', coding], body });
}

const compress: unknown = Reflect.get(zlib, 'zstdCompressSync');

test.runIf(typeof compress === 'function')('zstd is undone where Node knows it, within the limit', () => {
  const zstd = compress as (body: Uint8Array) => Buffer;
  expect(Buffer.from(coded('zstd', zstd(Buffer.from('abc'))) as Uint8Array).toString()).toBe('abc');
  expect(coded('zstd', zstd(Buffer.alloc(maxDecodedBytes + 1)))).toBe('too-large');
});

test('zstd that Node does not know, and bytes that are none, are undecodable', () => {
  expect(coded('zstd', Buffer.from('abc'))).toBe('undecodable');
});

test('a bomb in two codings is too large, whichever of them unpacks it', () => {
  const inner = zlib.gzipSync(Buffer.alloc(maxDecodedBytes + 1));
  expect(coded('gzip, br', zlib.brotliCompressSync(inner))).toBe('too-large');
});

test('a body that breaks off is undecodable', () => {
  const whole = zlib.gzipSync(Buffer.from('a text that is long enough to be cut'));
  expect(coded('gzip', whole.subarray(0, -9))).toBe('undecodable');
  expect(coded('gzip', Buffer.alloc(0))).toEqual(Buffer.alloc(0));
});
