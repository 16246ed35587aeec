import { expect, test } from 'vitest';
import { hasOneTimeToken } from '../../shadow/one-time-token.ts';

test.each([
  '/login/callback?code=4%2F0Ab&state=xyz',
  '/saml/acs?SAMLart=AAQ',
  '/?ticket=ST-1856339-aA5Yuvrxzpv8Tau1cYQ7',
  '/users/password/edit?reset_password_token=x',
  '/verify?mode=signIn&oobCode=x',
])('a target that is good for one use is not asked again: %s', (target) => {
  expect(hasOneTimeToken(target)).toBe(true);
});

test.each([
  '/orders?code=4711',
  '/addresses?state=NY',
  '/concerts?ticket=standing',
  '/orders?token=of-every-request',
  '/otp?page=2',
  '/orders',
])('any other is: %s', (target) => {
  expect(hasOneTimeToken(target)).toBe(false);
});
