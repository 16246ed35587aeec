import { z } from 'zod';

const who = z.string().trim().min(1, 'who asks for it').max(200);
const why = z.string().trim().max(2_000);

export const promoteBody = z.strictObject({
  who,
  why: why.optional(),
  force: z.boolean().optional(),
});

export const reconcileBody = z.strictObject({ repair: z.boolean(), source: z.string().min(1).max(200).optional() });

export const killSwitchBody = z.strictObject({ on: z.boolean(), who, why: why.optional() });

export const rollbackBody = z.strictObject({
  who,
  /** Empty is let through: the control refuses it with FIG_WHY_REQUIRED, which says more. */
  why,
  to: z.enum(['legacy', 'shadow']).optional(),
});
