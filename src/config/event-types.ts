import type { EventSchema } from './event-schema.ts';
import { schemaText } from './schema-text.ts';

/** What a schema says of data: what it made of it, or where it does not fit. */
export type CheckedData = { readonly data: unknown } | { readonly problems: readonly string[] };

/**
 * The declared types of events. A class with nothing to see from outside, since schemas are no part of a definition's
 * fingerprint: a schema that takes more than it did changes nothing that was given.
 */
export class EventTypes {
  readonly #schemas: ReadonlyMap<string, EventSchema>;
  #texts: readonly (readonly [type: string, text: string])[] | undefined;

  constructor(types: Readonly<Record<string, EventSchema>>) {
    this.#schemas = new Map(Object.entries(types));
  }

  get names(): readonly string[] {
    return [...this.#schemas.keys()];
  }

  /** For who must know whether two configs say the same, see `schemaText`. */
  texts(): readonly (readonly [type: string, text: string])[] {
    this.#texts ??= [...this.#schemas].map(([type, schema]) => [type, schemaText(schema)] as const);
    return this.#texts;
  }

  has(type: string): boolean {
    return this.#schemas.has(type);
  }

  /** `type` must be declared. What the schema throws is thrown. */
  check(type: string, data: unknown): CheckedData {
    const checked = this.#schemas.get(type)!.safeParse(data);
    return checked.success ? { data: checked.data } : { problems: problemsOf(checked.error) };
  }
}

/** Names of parts and of rules, never a value: the texts of a schema may hold some. */
function problemsOf(error: unknown): readonly string[] {
  const issues = typeof error === 'object' && error !== null && 'issues' in error ? error.issues : undefined;
  if (!Array.isArray(issues) || issues.length === 0) return ['it does not fit'];
  return issues.slice(0, 3).map((issue: unknown) => {
    const { path, code } = (issue ?? {}) as { path?: unknown; code?: unknown };
    const place = Array.isArray(path) && path.length > 0 ? path.map(partOf).join('.') : 'the whole';
    return `${place}: ${typeof code === 'string' && /^[\w.-]{1,40}$/.test(code) ? code : 'it does not fit'}`;
  });
}

/** What is no plain name may be a value that a record is keyed by. */
function partOf(part: unknown): string {
  if (typeof part === 'number') return String(part);
  return typeof part === 'string' && /^[A-Za-z_]\w{0,39}$/.test(part) ? part : '*';
}
