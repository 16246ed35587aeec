import { HttpError } from './http-error.ts';

/** A row id from a path or a query string: digits only, so that it fits a bigint. Otherwise answers 400. */
export function idFrom(text: unknown, name = 'id'): string {
  if (typeof text !== 'string' || !/^\d{1,18}$/.test(text)) {
    throw new HttpError(400, `${name} must be an integer`, { [name]: text });
  }
  return text;
}

/** The first value of a query parameter that may have been repeated. */
export function one(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

/** All values of a query parameter. */
export function many(value: unknown): string[] {
  if (value === undefined) return [];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => typeof each === 'string');
}

/** Page number and size; nonsense falls back to the defaults, as it always has. */
export function pageFrom(query: Readonly<Record<string, unknown>>): { page: number; perPage: number } {
  const page = Math.min(Math.max(parseInt(one(query['page']) ?? '', 10) || 1, 1), 100_000);
  const perPage = Math.min(Math.max(parseInt(one(query['per_page']) ?? '', 10) || 20, 1), 100);
  return { page, perPage };
}
