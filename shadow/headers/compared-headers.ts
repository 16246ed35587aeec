const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The headers of an answer that are compared: those that are declared, and of a redirect where it leads, which is all that it
 * says. Names in lower case.
 */
export function comparedHeaders(status: number, declared: readonly string[]): readonly string[] {
  return redirects.has(status) && !declared.includes('location') ? [...declared, 'location'] : declared;
}
