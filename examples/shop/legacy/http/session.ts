import { parse } from 'cookie';
import type { Request, RequestHandler } from 'express';
import type { Knex } from 'knex';
import { HttpError } from './http-error.ts';

export const sessionCookie = 'shop_session';

export interface Session {
  readonly id: string;
  /** Absent for a member of staff who is no customer. */
  readonly customerId: string | undefined;
  readonly staff: boolean;
}

const sessions = new WeakMap<Request, Session>();

/** Looks the visitor's cookie up before anything else runs. */
export function loadSession(knex: Knex): RequestHandler {
  return async (request, _response, next) => {
    const id = parse(request.headers.cookie ?? '')[sessionCookie];
    if (id) {
      const row = await knex('sessions').where({ id }).first('id', 'customer_id', 'staff');
      if (row) sessions.set(request, { id: row.id, customerId: row.customer_id ?? undefined, staff: row.staff });
    }
    next();
  };
}

export function sessionOf(request: Request): Session | undefined {
  return sessions.get(request);
}

export function requireSession(request: Request): Session {
  const session = sessions.get(request);
  if (!session) throw new HttpError(401, 'not logged in');
  return session;
}

export function requireStaff(request: Request): Session {
  const session = sessions.get(request);
  if (!session?.staff) throw new HttpError(403, 'staff only');
  return session;
}

/** Customers may touch what is theirs, staff everything. */
export function requireOwnerOrStaff(request: Request, customerId: unknown): Session {
  const session = requireSession(request);
  if (!session.staff && session.customerId !== String(customerId)) throw new HttpError(403, 'not yours');
  return session;
}
