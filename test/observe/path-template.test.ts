import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TemplateBudget, otherRoutes, pathTemplate } from '../../src/observe/path-template.ts';

describe('the template of an observed path', () => {
  it.each([
    ['/', '/'],
    ['/api/orders?page=2', '/api/orders'],
    ['/api/orders/17', '/api/orders/:id'],
    ['/api/orders/17/items/3', '/api/orders/:id/items/:id'],
    ['/api/v2/orders', '/api/v2/orders'],
    ['/users/5f0c954e-1c2d-4e3f-9a8b-0123456789ab', '/users/:id'],
    ['/blobs/d41d8cd98f00b204e9800998ecf8427e', '/blobs/:id'],
    ['/calendar/2026-11-23', '/calendar/:id'],
    ['/calendar/2026-11-23T10%3A15%3A00Z', '/calendar/:id'],
    ['/customers/ada%40example.com/orders', '/customers/:id/orders'],
    ['/customers/ada@example.com', '/customers/:id'],
    ['/reset/q8Zr2mN0xLk4Vt7yPw1s', '/reset/:id'],
    ['/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N', '/t/:id'],
    ['/t/eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.', '/t/:id'],
    ['/customers/cus_9s6XKzkNRiz8i3', '/customers/:id'],
    ['/invoices/INV-000123', '/invoices/:id'],
    ['/files/17.pdf', '/files/:id.pdf'],
    ['/files/report.pdf', '/files/report.pdf'],
    ['/assets/app.3f2a9c1b.js', '/assets/app.:id.js'],
    ['/assets/logo@2x.png', '/assets/logo@2x.png'],
    ['/blog/how-to-migrate-from-crud-to-cqrs', '/blog/how-to-migrate-from-crud-to-cqrs'],
    ['/api/order_items/', '/api/order_items/'],
    ['/search/red%20shoes', '/search/:id'],
    ['/bad%zz', '/:id'],
    ['/a/b/c/d/e/f/g/h/i/j/k/l/m/n', '/a/b/c/d/e/f/g/h/i/j/k/l/*'],
  ])('of %s is %s', (path, template) => {
    expect(pathTemplate(path)).toBe(template);
  });

  const segment = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.webFragments(),
    fc.uuid(),
    fc.emailAddress(),
    fc.nat().map(String),
    fc.constantFrom('orders', 'api', 'v1', 'report.pdf', ':id', '17.tar.gz', 'a%20b', '(other)', '*'),
  );
  const path = fc.array(segment, { maxLength: 20 }).map((segments) => `/${segments.join('/')}`);

  it('does not change when it is made again', () => {
    fc.assert(
      fc.property(path, (text) => {
        const template = pathTemplate(text);
        expect(pathTemplate(template)).toBe(template);
      }),
      { numRuns: 500 },
    );
  });

  it('is bounded in length, whatever the path', () => {
    fc.assert(
      fc.property(path, (text) => {
        expect(pathTemplate(text).length).toBeLessThan(12 * 200);
      }),
    );
  });

  it('never tells two numbers apart', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(pathTemplate(`/api/orders/${a}`)).toBe(pathTemplate(`/api/orders/${b}`));
      }),
    );
  });
});

describe('the budget of templates', () => {
  it('never yields more than its cap, and one for the rest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.array(fc.string(), { maxLength: 60 }), (cap, templates) => {
        const budget = new TemplateBudget(cap);
        const yielded = new Set(templates.map((template) => budget.admit(template)));
        yielded.delete(otherRoutes);
        expect(yielded.size).toBeLessThanOrEqual(cap);
      }),
    );
  });

  it('keeps what it has admitted', () => {
    const budget = new TemplateBudget(1);
    expect([budget.admit('GET /a'), budget.admit('GET /b'), budget.admit('GET /a')]).toEqual([
      'GET /a',
      otherRoutes,
      'GET /a',
    ]);
  });
});
