import { z } from 'zod';
import { captureSchema } from './capture-rules.ts';
import { compareSchema } from './compare-rules-schema.ts';
import { sample } from './sample-rules.ts';
import { legacyHost, legacyTls, listenTls, paths, trust, via } from './edge-schema.ts';
import { domainTopicsSchema } from './domain-topics-schema.ts';
import { eventsSchema } from './events-schema.ts';
import { callable, identifier, postgresUrl } from './plain-schema.ts';
import { readModel } from './read-model-schema.ts';
import { reconcileSchema } from './reconcile-rules.ts';
import { keepSchema } from './keep-rules.ts';
import { keyProblems } from './keyed-routes.ts';
import { previousProblems } from './previous-version.ts';
import { shadowAskingShape } from './shadow-asking.ts';
import { bodyQueryRoute, graphqlRoute, operationName, plainRoute, route } from './route-schema.ts';

const httpUrl = z.string().refine(isHttpUrl, 'an http:// or https:// URL');
const port = z.number().int().min(0).max(65_535);
const fraction = z.number().gt(0).lt(1);
const cutover = z.strictObject({
  reads: z
    .strictObject({
      canary: z
        .array(z.number().gt(0).lt(100))
        .min(1)
        .refine((steps) => steps.every((step, i) => i === 0 || step > steps[i - 1]!), 'shares that rise')
        .optional(),
      automatic: z.boolean().optional(),
      dwellSeconds: z.number().nonnegative().optional(),
    })
    .optional(),
  maxMismatchRate: fraction.optional(),
  confidence: fraction.optional(),
  maxLagSeconds: z.number().positive().optional(),
  maxLatencyRatio: z.number().positive().optional(),
  maxBreakerOpenings: z.number().int().nonnegative().optional(),
});

const shadow = z.strictObject({
  maxPerSecond: z.number().positive().optional(),
  sample: sample.optional(),
  harmlessWrites: z.array(z.string().min(1)).optional(),
  pairs: z.boolean().optional(),
});

const feature = z
  .strictObject({
    name: identifier,
    readModel: readModel.optional(),
    previous: z.strictObject({ readModel, queries: z.record(plainRoute, callable).optional() }).optional(),
    queries: z.record(plainRoute, callable).optional(),
    operations: z.record(graphqlRoute, z.record(operationName, callable)).optional(),
    bodyQueries: z.record(bodyQueryRoute, callable).optional(),
    routes: z.array(route).optional(),
    candidate: httpUrl.optional(),
    candidateTimeoutMs: z.number().positive().optional(),
    keyedBy: z.record(z.string(), z.string().min(1)).optional(),
    deadLetters: z.strictObject({ max: z.number().int().min(0).max(100_000).optional() }).optional(),
    compare: compareSchema.optional(),
    cutover: cutover.optional(),
    shadow: shadow.optional(),
    reconcile: reconcileSchema.optional(),
  })
  .refine((value) => (value.candidate === undefined) === (value.routes === undefined), {
    message: 'candidate and routes go together: the routes that the service at candidate answers',
    path: ['routes'],
  })
  .refine((value) => isAnsweredHere(value) !== (value.candidate !== undefined), {
    message: 'either queries, operations and bodyQueries (answered in this process) or candidate (a URL)',
    path: ['queries'],
  })
  .refine((value) => !isAnsweredHere(value) || value.readModel !== undefined, {
    message: 'the read model that the queries answer from',
    path: ['readModel'],
  })
  .superRefine((value, context) => {
    for (const { route: at, message } of keyProblems(value)) {
      context.addIssue({ code: 'custom', path: ['keyedBy', at], message });
    }
    for (const { key, message } of previousProblems(value)) {
      context.addIssue({ code: 'custom', path: ['previous', key], message });
    }
  });

function isAnsweredHere({
  queries,
  operations,
  bodyQueries,
}: {
  readonly queries?: unknown;
  readonly operations?: unknown;
  readonly bodyQueries?: unknown;
}): boolean {
  return queries !== undefined || operations !== undefined || bodyQueries !== undefined;
}

const count = z.number().int().min(1);
const milliseconds = z.number().int().min(0).max(86_400_000);
const timeouts = z.strictObject({
  connectMs: milliseconds.optional(),
  requestBodyIdleMs: milliseconds.optional(),
  responseHeadersMs: milliseconds.optional(),
  responseBodyIdleMs: milliseconds.optional(),
  totalMs: milliseconds.optional(),
});
const limits = z.strictObject({
  connections: count.optional(),
  inFlight: count.optional(),
  upstreamConnections: count.optional(),
  upstreamWaitMs: milliseconds.optional(),
  headerBytes: z.number().int().min(1_024).max(1_048_576).optional(),
  headerLines: count.optional(),
  headersTimeoutMs: milliseconds.min(1).optional(),
  bodyBytes: z.union([z.number().int().min(0), z.literal(Number.POSITIVE_INFINITY)]).optional(),
  bodyTimeoutMs: milliseconds.optional(),
  bodyBytesPerSecond: z.number().positive().optional(),
  queryBodyBytes: z.number().int().min(0).max(16_777_216).optional(),
  answerTimeoutMs: milliseconds.optional(),
});

/** The shape of a config file. Unknown keys are refused, so that a typo is not a silent default. */
export const migrationSchema = z.strictObject({
  name: identifier.optional(),
  listen: z
    .strictObject({
      port: port.optional(),
      host: z.string().min(1).optional(),
      tls: listenTls.optional(),
      drainDelayMs: milliseconds.optional(),
      stopGraceMs: milliseconds.optional(),
    })
    .optional(),
  limits: limits.optional(),
  shadow: shadow.extend({ keep: keepSchema.optional(), ...shadowAskingShape }).optional(),
  backfill: z.strictObject({ maxLoad: z.number().gt(1).optional() }).optional(),
  capture: captureSchema.optional(),
  events: eventsSchema.optional(),
  domainEvents: domainTopicsSchema.optional(),
  admin: z.strictObject({ port: port.optional() }).optional(),
  legacy: z.strictObject({
    url: httpUrl,
    database: postgresUrl.optional(),
    host: legacyHost.optional(),
    tls: legacyTls.optional(),
    timeouts: timeouts.optional(),
  }),
  trust: trust.optional(),
  via: via.optional(),
  paths: paths.optional(),
  store: postgresUrl.optional(),
  visitor: z
    .strictObject({
      cookie: z.string().min(1).optional(),
      header: z.string().min(1).optional(),
      jwt: z
        .strictObject({
          header: z.string().min(1).optional(),
          cookie: z.string().min(1).optional(),
          claim: z.string().min(1).optional(),
        })
        .optional(),
    })
    .optional(),
  fenceBudgetMs: z.number().nonnegative().max(60_000).optional(),
  explain: z.enum(['never', 'on-request', 'always']).optional(),
  features: z.array(feature).optional(),
});

function isHttpUrl(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
