import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import type { Knex } from 'knex';
import { HttpError, unprocessable } from '../http/http-error.ts';
import { requireSession, sessionCookie, sessionOf } from '../http/session.ts';

/** Logging in and out, and who am I. The shop is a demo: there are no passwords. */
export function sessionRoutes(knex: Knex): Router {
  const router = Router();

  router.post('/login', async (request, response) => {
    const { customer_id: customerId, email, staff } = request.body ?? {};
    const known = typeof email === 'string' ? { email } : { id: String(customerId) };
    if ('id' in known && !/^\d{1,18}$/.test(known.id)) throw unprocessable({ customer_id: 'or email is missing' });
    const customer = await knex('customers').where(known).first('id', 'name', 'email');
    if (!customer) throw new HttpError(401, 'unknown customer');
    const isStaff = staff === true || staff === 'true';
    const id = randomBytes(18).toString('base64url');
    await knex('sessions').insert({ id, customer_id: customer.id, staff: isStaff });
    response.cookie(sessionCookie, id, { httpOnly: true, sameSite: 'lax', maxAge: 30 * 86_400_000 });
    if (request.is('application/x-www-form-urlencoded')) response.redirect(303, '/');
    else response.json({ customer: { ...customer, id: Number(customer.id) }, staff: isStaff });
  });

  router.post('/logout', async (request, response) => {
    const session = sessionOf(request);
    if (session) await knex('sessions').where({ id: session.id }).delete();
    response.clearCookie(sessionCookie).status(204).end();
  });

  router.get('/api/me', async (request, response) => {
    const session = requireSession(request);
    const customer = session.customerId
      ? await knex('customers').where({ id: session.customerId }).first('id', 'name', 'email')
      : undefined;
    response.json({ customer: customer ? { ...customer, id: Number(customer.id) } : null, staff: session.staff });
  });

  return router;
}
