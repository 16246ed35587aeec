import { z } from 'zod';

const source = z.string().min(1);

export const listenTls = z.strictObject({
  cert: source,
  key: source,
  ca: source.optional(),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
  http2: z.boolean().optional(),
});

export const legacyTls = z
  .strictObject({
    ca: source.optional(),
    cert: source.optional(),
    key: source.optional(),
    servername: z.string().min(1).optional(),
    rejectUnauthorized: z.boolean().optional(),
  })
  .refine((value) => (value.cert === undefined) === (value.key === undefined), {
    message: 'cert and key go together',
    path: ['cert'],
  });

/** Also `keep` and `replace`, which are no hosts that anybody has. */
export const legacyHost = z
  .string()
  .regex(/^[\w.:[\]-]+$/, '"keep", "replace" or a host name, with a port if it has one');

export const trust = z
  .strictObject({
    proxies: z.array(z.string().min(1)).min(1).optional(),
    hops: z.number().int().min(0).max(20).optional(),
    header: z.enum(['x-forwarded-for', 'forwarded']).optional(),
  })
  .refine((value) => value.proxies === undefined || value.hops === undefined, {
    message: 'either proxies (their addresses) or hops (how many there are)',
    path: ['hops'],
  });

/** A token, as Via wants it (RFC 9110 section 7.6.3). */
export const via = z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, dots, dashes and underscores');

export const paths = z.enum(['verbatim', 'strict']);
