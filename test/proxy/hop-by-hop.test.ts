import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { endToEnd } from '../../proxy/hop-by-hop.ts';
import { originOf } from '../../proxy/origin.ts';
import { upstreamHeaders } from '../../proxy/upstream-headers.ts';

const name = fc.constantFrom(
  'Host',
  'X-A',
  'x-a',
  'X-B',
  'Cookie',
  'Keep-Alive',
  'TE',
  'Upgrade',
  'Connection',
  'Date',
);
const lines = fc.array(fc.tuple(name, fc.constantFrom('1', 'close', 'x-a', 'X-B, close', 'host')), { maxLength: 12 });

test('what is left is a part of what came, in its order, and never of the connection', () => {
  fc.assert(
    fc.property(lines, (given) => {
      const raw = given.flat();
      const kept = endToEnd(raw);
      const pairs = kept.flatMap((_, i) => (i % 2 === 0 ? [`${kept[i]}: ${kept[i + 1]}`] : []));
      let at = -1;
      for (const pair of pairs) {
        at = given.findIndex(([key, value], i) => i > at && `${key}: ${value}` === pair);
        expect(at).toBeGreaterThan(-1);
      }
      expect(pairs.join('\n')).not.toMatch(/^(?:connection|te|upgrade|keep-alive):/im);
      expect(pairs.filter((pair) => pair.startsWith('Host'))).toHaveLength(
        given.filter(([key]) => key === 'Host').length,
      );
      expect(endToEnd(kept)).toEqual(kept);
    }),
  );
});

test('what the proxy adds comes last, once, whatever the client said', () => {
  const received = [
    ['x-forwarded-for', '1', 'Forwarded', 'for=1', 'X-Forwarded-Port', '1', 'x-real-ip', '1', 'X-Fig-A', '1'],
    ['Host', 'h', 'Connection', 'X-Forwarded-For', 'EXPECT', '100-continue'],
  ].flat();
  const peer = { address: '10.0.0.1', host: 'h', scheme: 'http' as const };
  const origin = originOf(undefined, undefined, peer, received);
  expect(upstreamHeaders(received, origin, { host: undefined, legacyHost: 'legacy', via: undefined }, '1.1')).toEqual(
    [
      [
        'Host',
        'h',
        'EXPECT',
        '100-continue',
        'X-Forwarded-For',
        '10.0.0.1',
        'X-Forwarded-Proto',
        'http',
        'X-Forwarded-Host',
        'h',
      ],
      ['Forwarded', 'for=10.0.0.1;host=h;proto=http'],
    ].flat(),
  );
});
