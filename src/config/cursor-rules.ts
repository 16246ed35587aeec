import { z } from 'zod';

/** Where an answer has a token for another page, to the query parameter that it is asked with: `{ '$.next': 'cursor' }`. */
export type CursorRules = Readonly<Record<string, string>>;

export const cursorSchema = z.record(
  z.string().regex(/^\$/, 'a path that starts with $, such as "$.next"'),
  z.string().min(1),
);
