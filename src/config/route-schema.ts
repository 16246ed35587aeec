import { z } from 'zod';

const reads = 'a method that reads and a path, such as "GET /api/orders/:id"';
/** Why a POST is no route, said where somebody has written one. */
const mayWrite =
  'a POST may write, so it cannot be asked twice; one that reads can be a route with reads: true (or in bodyQueries), and one that carries a GraphQL query with graphql: { operation: "..." }';

/** A route without conditions: a GET or HEAD. */
export const plainRoute = z
  .string()
  .refine((value) => !value.startsWith('POST '), mayWrite)
  .refine((value) => value.startsWith('POST ') || /^(GET|HEAD) \/\S*$/.test(value), reads);

/** The path of a GraphQL endpoint. */
export const graphqlRoute = z.string().regex(/^POST \/\S*$/, 'POST and a path, such as "POST /graphql"');

/** The path of a query that is sent in a body. */
export const bodyQueryRoute = z.string().regex(/^POST \/\S*$/, 'POST and a path, such as "POST /api/search"');

/** The name of an operation (GraphQL specification, section 2.1.9). */
export const operationName = z.string().regex(/^[_A-Za-z][_0-9A-Za-z]{0,199}$/, 'the name of a GraphQL operation');

const textCondition = z.union([z.string(), z.instanceof(RegExp)], 'a text or a regular expression');
const conditions = {
  host: z
    .string()
    .regex(/^(\*\.)?[^\s/:*]+$/, 'a host name without a port, or *.example.com')
    .optional(),
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'the name of a header'), textCondition).optional(),
  query: z.record(z.string().min(1), textCondition).optional(),
};

const conditionalRoute = z.strictObject({ ...conditions, route: plainRoute });

const operationRoute = z.strictObject({
  ...conditions,
  route: graphqlRoute,
  query: z
    .record(
      z
        .string()
        .regex(/^(?!(query|operationName|variables|extensions)$)./i, 'a parameter that GraphQL has no meaning for'),
      textCondition,
    )
    .optional(),
  graphql: z.strictObject({
    operation: z.union(
      [operationName, z.array(operationName).min(1), z.instanceof(RegExp)],
      'the name of a GraphQL operation, a list of names, or a regular expression',
    ),
  }),
});

const bodyRoute = z.strictObject({ ...conditions, route: bodyQueryRoute, reads: z.literal(true) });

/** A route in `routes`. Each form is checked by itself, so that an error tells of the one that was meant. */
export const route = z.unknown().superRefine((value, context) => {
  const checked = formOf(value).safeParse(value);
  for (const { path, message } of checked.error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
});

function formOf(value: unknown): z.ZodType {
  if (typeof value !== 'object' || value === null) return plainRoute;
  if ('graphql' in value && value.graphql !== undefined) return operationRoute;
  return 'reads' in value && value.reads !== undefined ? bodyRoute : conditionalRoute;
}
