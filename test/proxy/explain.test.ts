import { expect, test } from 'vitest';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, startUpstream } from './support/harness.ts';

const request = (extra: string): string =>
  `GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Fig-Reason: mine\r\n${extra}\r\n`;
const asking = request('X-Fig-Explain: 1\r\n');

test.each([
  ['never', asking, undefined],
  ['on-request', asking, 'phase-shadow'],
  ['on-request', request(''), undefined],
  ['on-request', request('X-Fig-Explain: 0\r\n'), undefined],
  ['always', request(''), 'phase-shadow'],
] as const)('with explain %s the reason is told to whom it is meant for', async (explain, text, reason) => {
  const shadow = routingOf('shadow');
  let received = '';
  await using upstream = await startUpstream((req, res) => {
    received = JSON.stringify(req.rawHeaders);
    res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, { features: [ordersFeature], routing: () => shadow, explain });
  const answer = await exchangeRaw(proxy.port, text);
  expect(/^x-fig-reason: (.*)\r$/m.exec(answer)?.[1]).toBe(reason);
  expect(received.toLowerCase()).not.toContain('x-fig-');
});
