import { z } from 'zod';
import { cursorSchema } from './cursor-rules.ts';
import { legacyCacheSchema } from './legacy-cache-rule.ts';
import { didYouMean } from './did-you-mean.ts';
import { isDistance } from './rule-duration.ts';
import { parsePath } from './rule-path.ts';
import { strict } from './strict-object.ts';

const path = z
  .string()
  .regex(/^\$/, 'a path that starts with $, such as "$.items[*].price"')
  .superRefine((text, context) => {
    if (!text.startsWith('$')) return;
    try {
      parsePath(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

const notes = {
  because: z.string().trim().min(1, 'a reason, or leave it out').optional(),
  expires: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'a day such as "2026-12-31", or a time with its zone')
    .optional(),
  maxHidden: z.number('a share from 0 to 1').min(0, 'a share from 0 to 1').max(1, 'a share from 0 to 1').optional(),
};

/** A rule in its short form or as an object. Each is checked by itself, so that an error tells of the one that was meant. */
function shortOr(short: z.ZodType, long: z.ZodType): z.ZodType {
  return z.unknown().superRefine((value, context) => {
    const form = typeof value === 'object' && value !== null ? long : short;
    for (const issue of form.safeParse(value).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    }
  });
}

const place = shortOr(path, strict({ path, ...notes }));
const keyName = z.string().min(1, 'the name of a key');
const keyNames = z.union(
  [keyName, z.array(keyName).min(1, 'at least one name')],
  'the name of a key, or a list of names',
);
const key = shortOr(keyName, strict({ by: keyNames, ...notes }));

const amount = z.number('a number of 0 or more').nonnegative('a number of 0 or more');
const share = 'a share above 0 and below 1';
const distance = z
  .string('a time such as "500ms", "2s" or "5m"')
  .refine(isDistance, 'a time such as "500ms", "2s" or "5m"');
const tolerance = shortOr(
  amount,
  strict({
    absolute: amount.optional(),
    relative: z.number(share).gt(0, share).lt(1, share).optional(),
    time: distance.optional(),
    case: z.literal(true, 'true, or leave it out').optional(),
    ...notes,
  }).refine(
    (rule) => [rule.absolute, rule.relative, rule.time, rule.case].some((value) => value !== undefined),
    'absolute, relative, time or case',
  ),
);

const formatName = z.enum(['timestamp', 'decimal'], {
  error: ({ input }) =>
    `timestamp or decimal${typeof input === 'string' ? didYouMean(input, ['timestamp', 'decimal']) : ''}`,
});
const format = shortOr(formatName, strict({ as: formatName, ...notes }));
const move = shortOr(path, strict({ to: path, ...notes }));

const ofOneRoute = {
  ignore: z.array(place).optional(),
  keyed: z.record(path, key).optional(),
  unordered: z.array(place).optional(),
  tolerance: z.record(path, tolerance).optional(),
  format: z.record(path, format).optional(),
  map: z.record(path, move).optional(),
  owner: z.array(place).optional(),
  critical: z.array(path).optional(),
  redact: z.array(path).optional(),
  headers: z.array(z.string().min(1)).optional(),
};

/** `compare` of a feature. What rules mean together, and whether the routes are there, is for `compareProblems`. */
export const compareSchema = strict({
  ...ofOneRoute,
  routes: z.record(z.string(), strict(ofOneRoute)).optional(),
  cursors: cursorSchema.optional(),
  legacyCache: legacyCacheSchema.optional(),
});
