import { z } from 'zod';
import type { EventSchema } from './event-schema.ts';

/**
 * What a schema of zod asks for, as text: another one when it asks for something else. What functions in it do (`refine`,
 * `transform`) is not seen, nor what schemas of other libraries are.
 */
export function schemaText(schema: EventSchema): string {
  try {
    return JSON.stringify(z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }));
  } catch {
    return 'a schema';
  }
}
