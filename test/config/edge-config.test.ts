import { expect, test } from 'vitest';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const legacy = { url: 'https://legacy.internal' };
const normalized = (more: object) => normalizeConfig({ legacy, ...more }, 'fig.config.ts');

test('by default nobody is trusted, Host is kept, Via is not added, paths pass as they come, and there is no certificate', () => {
  expect(normalized({})).toMatchObject({
    trust: {},
    via: undefined,
    paths: 'verbatim',
    listen: { tls: undefined },
    legacy: { host: 'keep', tls: {} },
  });
});

test('what is written is taken', () => {
  const tls = { cert: 'a.crt', key: 'a.key', ca: 'ca.pem', minVersion: 'TLSv1.3', http2: false };
  const legacyTls = { ca: 'ca.pem', cert: 'b.crt', key: 'b.key', servername: 'x', rejectUnauthorized: false };
  const trust = { proxies: ['10.0.0.0/8', '::1'], header: 'forwarded' };
  expect(
    normalized({
      trust,
      via: 'fig',
      paths: 'strict',
      listen: { tls },
      legacy: { ...legacy, host: 'inner.example:81', tls: legacyTls },
    }),
  ).toMatchObject({
    trust,
    via: 'fig',
    paths: 'strict',
    listen: { tls },
    legacy: { host: 'inner.example:81', tls: legacyTls },
  });
});

test.each([
  [{ trust: { proxies: ['::1'], hops: 1 } }, /trust\.hops: either proxies .* or hops/],
  [{ trust: { proxies: [] } }, /trust\.proxies/],
  [{ trust: { hops: -1 } }, /trust\.hops/],
  [{ trust: { header: 'x-real-ip' } }, /trust\.header/],
  [{ via: 'a b' }, /via: letters/],
  [{ paths: 'loose' }, /paths/],
  [{ listen: { tls: { cert: 'a.crt' } } }, /listen\.tls\.key/],
  [{ listen: { tls: { cert: 'a.crt', key: 'a.key', minVersion: 'TLSv1' } } }, /listen\.tls\.minVersion/],
  [{ legacy: { ...legacy, host: 'a b' } }, /legacy\.host: "keep", "replace" or/],
  [{ legacy: { ...legacy, tls: { cert: 'a.crt' } } }, /legacy\.tls\.cert: cert and key go together/],
  [{ legacy: { ...legacy, tls: { verify: false } } }, /legacy\.tls/],
])('%j is refused and the key is named', (more, message) => {
  expect(() => normalized(more)).toThrow(message);
});
