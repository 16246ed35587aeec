import { z } from 'zod';

const who = z.string().trim().min(1, 'who asks for it').max(200);
const why = z.string().trim().max(2_000);

export const promoteBody = z.strictObject({
  who,
  why: why.optional(),
  force: z.boolean().optional(),
});

export const versionBody = z.strictObject({ who, why: why.optional() });

export const dropBody = z.strictObject({ who, why: why.optional(), version: z.number().int().min(1).max(9_999) });

export const reconcileBody = z.strictObject({ repair: z.boolean(), source: z.string().min(1).max(200).optional() });

export const killSwitchBody = z.strictObject({ on: z.boolean(), who, why: why.optional() });

export const retryBody = z.strictObject({ who, feature: z.string().optional() });

export const verifyBody = z.strictObject({ sample: z.number().int().min(1).max(100_000) });

/** Empty is let through: the control refuses it with FIG_WHY_REQUIRED, which says more. */
export const discardBody = z.strictObject({ who, why });

export const liftBody = z.strictObject({ who, why, feature: z.string().min(1), route: z.string().min(1).max(1_000) });

export const rollbackBody = z.strictObject({
  who,
  /** Empty is let through: the control refuses it with FIG_WHY_REQUIRED, which says more. */
  why,
  to: z.enum(['legacy', 'shadow']).optional(),
});
