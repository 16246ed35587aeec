import { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';

/** An object whose keys are these; for any other key it says which one may have been meant. */
export function strict<S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const keys = issue.keys.map((key) => `${JSON.stringify(key)}${didYouMean(key, known)}`);
      return `unknown: ${keys.join(', ')}; there is: ${known.join(', ')}`;
    },
  });
}
