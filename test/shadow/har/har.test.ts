import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { harAnswer, type HarAnswer } from '../../../shadow/har/har-answer.ts';
import { readHar, type HarEntry } from '../../../shadow/har/har-file.ts';
import { harQuestion } from '../../../shadow/har/har-question.ts';
import { createRedactor } from '../../../shadow/redact.ts';
import { headerValue, type HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules } from '../arbitraries.ts';

const origin = 'https://shop.example';

function entry(request: Partial<HarEntry['request']> = {}, response: Partial<HarEntry['response']> = {}): HarEntry {
  return {
    request: { method: 'GET', url: `${origin}/orders/1?b=2&a=%20x`, headers: [], ...request },
    response: { status: 200, headers: [], content: { size: 2, mimeType: 'application/json', text: '{}' }, ...response },
  };
}

function answered(response: Partial<HarEntry['response']>): HarAnswer {
  return harAnswer(entry({}, response), origin);
}

function answerOf(response: Partial<HarEntry['response']>): HttpAnswer {
  const found = answered(response);
  if (!found.ok) throw new Error(found.reason);
  return found.answer;
}

const comparer = new AnswerComparer(noCompareRules, createRedactor(Buffer.from('key')));

const reasonOf = (found: HarAnswer): unknown => (found.ok ? undefined : found.reason);

describe('a HAR file', () => {
  test('is read with fields missing, null and added, and a spoiled entry spoils no other', () => {
    const entries = [
      { request: { method: 'GET', url: '/' }, response: { status: 200, content: null }, _priority: 'High' },
      { request: { method: 'GET' }, response: { status: 200 } },
      null,
    ];
    const read = readHar(`\uFEFF${JSON.stringify({ log: { version: '1.2', entries } })}`, 'a.har');
    expect(read.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(read[1]).toMatchObject({ index: 1, problem: expect.stringContaining('request.url') as unknown });
  });

  test('that is none is refused with its name', () => {
    for (const text of ['', 'null', '{"log":{}}', '[]']) {
      expect(() => readHar(text, 'a.har')).toThrow(expect.objectContaining({ code: 'FIG_HAR_INVALID' }));
    }
  });
});

describe('a recorded question', () => {
  test('has its path and query, its host from the URL, and no pseudo headers, cookies or credentials', () => {
    const headers = [
      { name: ':authority', value: 'shop.example' },
      { name: 'cookie', value: 'sid=1' },
      { name: 'Authorization', value: 'Bearer secret' },
      { name: 'accept', value: 'text/html' },
    ];
    expect(harQuestion(entry({ headers }))).toEqual({
      origin,
      question: {
        method: 'GET',
        target: '/orders/1?b=2&a=%20x',
        headers: ['host', 'shop.example', 'x-forwarded-proto', 'https', 'accept', 'text/html'],
      },
      body: undefined,
      hadCredentials: true,
    });
  });

  test('is none where no HTTP was spoken', () => {
    for (const url of ['data:text/plain,a', 'blob:https://shop.example/1', 'wss://shop.example/live', 'nonsense']) {
      expect(harQuestion(entry({ url }))).toBeUndefined();
    }
    expect(harQuestion(entry({}, { status: 101 }))).toBeUndefined();
  });
});

describe('a recorded answer', () => {
  test('is not decoded twice, whatever its headers say', () => {
    const headers = [
      { name: 'content-encoding', value: 'br' },
      { name: 'content-length', value: '3' },
      { name: 'content-type', value: 'application/json' },
    ];
    const text = '{"a":1}';
    for (const content of [{ text }, { text: Buffer.from(text).toString('base64'), encoding: 'base64' }]) {
      const answer = answerOf({ headers, content });
      expect(headerValue(answer.headers, 'content-encoding')).toBeUndefined();
      const live = { status: 200, headers: ['content-type', 'application/json'], body: Buffer.from(text) };
      expect(comparer.compare(answer, live)).toEqual({ outcome: 'equal' });
    }
  });

  test('has no pseudo headers of HTTP/2', () => {
    expect(answerOf({ headers: [{ name: ':status', value: '200' }] }).headers).toEqual([
      'content-type',
      'application/json',
    ]);
  });

  test('is decoded where the recorder kept the compressed bytes', () => {
    const headers = [
      { name: 'Content-Encoding', value: 'gzip' },
      { name: 'Content-Type', value: 'application/json' },
    ];
    const content = { text: gzipSync('{"a":1}').toString('base64'), encoding: 'base64' };
    const live = { status: 200, headers: ['content-type', 'application/json'], body: Buffer.from('{"a":1}') };
    expect(comparer.compare(answerOf({ headers, content }), live)).toEqual({ outcome: 'equal' });
  });

  test('in another charset is read as the characters that were recorded', () => {
    const type = 'text/html; charset=iso-8859-1';
    const headers = [{ name: 'content-type', value: type }];
    const live = { status: 200, headers: ['content-type', type], body: Buffer.from('<p>Zoë</p>', 'latin1') };
    expect(comparer.compare(answerOf({ headers, content: { text: '<p>Zoë</p>' } }), live)).toEqual({
      outcome: 'equal',
    });
  });

  test('of bytes is those bytes', () => {
    const bytes = Buffer.from([0x89, 0x50, 0x00, 0xff]);
    const content = { text: bytes.toString('base64'), encoding: 'base64', mimeType: 'image/png' };
    expect(Buffer.from(answerOf({ content }).body)).toEqual(bytes);
    expect(headerValue(answerOf({ content }).headers, 'content-type')).toBe('image/png');
  });

  test('that redirects needs no body, and its own origin is left out of where it leads', () => {
    const headers = [
      { name: 'location', value: `${origin}/done` },
      { name: 'content-location', value: 'https://other.example/a' },
    ];
    const { headers: kept } = answerOf({ status: 302, headers, content: { size: 0, mimeType: 'x-unknown' } });
    expect(headerValue(kept, 'location')).toBe('/done');
    expect(headerValue(kept, 'content-location')).toBe('https://other.example/a');
  });

  test('is none where the client went away, the body was not kept, or it came from a cache', () => {
    expect(reasonOf(answered({ status: 0 }))).toBe('aborted');
    expect(reasonOf(answered({ status: -1 }))).toBe('aborted');
    expect(reasonOf(answered({ content: { size: 7_000, mimeType: 'text/html' } }))).toBe('no-body');
    expect(reasonOf(answered({ content: undefined }))).toBe('no-body');
    expect(reasonOf(answered({ status: 206 }))).toBe('range');
    expect(reasonOf(answered({ status: 304 }))).toBe('conditional');
    expect(reasonOf(answered({ status: 503 }))).toBe('legacy-5xx');
    expect(reasonOf(answered({ content: { text: 'x'.repeat(4 * 1024 * 1024 + 1) } }))).toBe('too-large');
    expect(reasonOf(harAnswer({ ...entry(), _fromCache: 'disk' }, origin))).toBe('cache');
    expect(answered({ content: { size: 0 } }).ok).toBe(true);
  });
});
