import type { DomainEvent } from '../../../config/domain-event.ts';
import type { EventSchema } from '../../../config/event-schema.ts';
import type { DecodedMessage } from './decoded-message.ts';

// Nothing here does I/O.

/** What is to be done with a message. */
export type EventVerdict =
  | { readonly do: 'give'; readonly event: DomainEvent }
  /** It means nothing to the read model. */
  | { readonly do: 'pass' }
  /** Without values. The event is there where it could be read. */
  | { readonly do: 'park'; readonly reason: string; readonly event: DomainEvent | undefined };

export interface EventRules {
  readonly types: ReadonlyMap<string, EventSchema>;
  /** Types that the topic may have and nobody declares. */
  readonly ignore: ReadonlySet<string>;
  /** Types that the read model has handlers for. */
  readonly handled: ReadonlySet<string>;
}

export function judgeEvent(decoded: DecodedMessage, { types, ignore, handled }: EventRules): EventVerdict {
  if (decoded.kind === 'nothing') return { do: 'pass' };
  if (decoded.kind === 'refused') return { do: 'park', reason: decoded.reason, event: undefined };
  const { event } = decoded;
  const schema = types.get(event.type);
  if (schema === undefined) {
    if (ignore.has(event.type)) return { do: 'pass' };
    return { do: 'park', reason: `its type${shownName(event.type)} is not declared in domainEvents.types`, event };
  }
  if (!handled.has(event.type)) return { do: 'pass' };
  const checked = check(schema, event.data);
  if (checked === undefined) return { do: 'park', reason: `the schema of ${event.type} throws`, event };
  if (checked.success) return { do: 'give', event: { ...event, data: checked.data } };
  return {
    do: 'park',
    reason: `its data does not fit the schema of ${event.type}: ${problemsOf(checked.error)}`,
    event,
  };
}

/** Undefined: it throws, as one does that has to be waited for. */
function check(schema: EventSchema, data: unknown): ReturnType<EventSchema['safeParse']> | undefined {
  try {
    return schema.safeParse(data);
  } catch {
    return undefined;
  }
}

/** Where and what, and no value: the texts of a schema may hold some. */
function problemsOf(error: unknown): string {
  const issues: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'issues') : undefined;
  if (!Array.isArray(issues) || issues.length === 0) return 'it does not say where';
  return issues
    .slice(0, 3)
    .map((issue: unknown) => {
      const { path, code } = (issue ?? {}) as { readonly path?: unknown; readonly code?: unknown };
      const parts = Array.isArray(path) ? path.map(partOf) : [];
      return `${parts.join('.') || 'the whole'} (${typeof code === 'string' ? shownName(code).trim() || 'invalid' : 'invalid'})`;
    })
    .join(', ');
}

/** What is no plain name may be a value that a record is keyed by. */
function partOf(part: unknown): string {
  if (typeof part === 'number') return String(part);
  return typeof part === 'string' && /^[A-Za-z_]\w{0,39}$/.test(part) ? part : '*';
}

/** A type is a name; what does not look like one is not shown. */
function shownName(name: string): string {
  return /^[A-Za-z][\w.:/-]{0,99}$/.test(name) ? ` ${name}` : '';
}
