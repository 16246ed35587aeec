import { expect, test } from 'vitest';
import { methodsInForm, namesMethod } from '../../src/kernel/method-field.ts';

test.each([
  ['_method=DELETE&q=1', ['DELETE']],
  ['q=1;_method=put', ['put']],
  ['.method=a&+[method=b&_method[]=c&_METHOD=d&%5Fmethod=e', ['a', 'b', 'c', 'd', 'e']],
  ['method=b&payment_method=card&_methods=x&q=_method', []],
])('a form names methods as frameworks read it: %s', (form, methods) => {
  expect(methodsInForm(form)).toEqual(methods);
});

test('a body that is made to be long to look into costs next to nothing', () => {
  const long = Buffer.from('name='.repeat(50_000));
  const startedAt = performance.now();
  expect(namesMethod(long, 'multipart/form-data; boundary=x')).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
