import { expect, test } from 'vitest';
import { HttpCandidate } from '../../src/readmodel/http-candidate.ts';
import { startRawUpstream } from '../proxy/support/harness.ts';

test.each([
  "/search?name=o'neill",
  '/search?name=caf\u00c3\u00a9',
  '/search?tag="a"&b=<c>',
  '/search?a=1#b',
  '/search?a=|{}^`',
  '/%41/%e4?x=%zz',
])('a service is asked for the target byte for byte as legacy is: %s', async (target) => {
  await using service = await startRawUpstream((_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  await using candidate = new HttpCandidate(service.url);
  const question = { feature: 'orders', route: 'GET /search', params: {}, method: 'GET', target, headers: [] };
  expect(await candidate.ask(question, 1_000)).toMatchObject({ ok: true, answer: { status: 200 } });
  expect(service.received().split('\r\n', 1)).toEqual([`GET ${target} HTTP/1.1`]);
});
