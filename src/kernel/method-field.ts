import { mediaTypeOf } from './body-fields.ts';

// Nothing here does I/O, and nothing throws. Some frameworks take a request that names another method in a field for that one.

/** The methods that a form, or the query of an address, names; also for those who let a semicolon separate fields. */
export function methodsInForm(text: string): string[] {
  return [...new URLSearchParams(text.replaceAll(';', '&'))].flatMap(([name, value]) =>
    isMethodField(name) ? value : [],
  );
}

/** Whether a body names a method, whichever. `type`: its Content-Type. */
export function namesMethod(body: Uint8Array, type: string | undefined): boolean {
  const media = mediaTypeOf(type);
  const text = Buffer.from(body).toString('latin1');
  if (media.startsWith('multipart/')) return isNamedInParts(text);
  if (media === 'application/x-www-form-urlencoded') return methodsInForm(text).length > 0;
  // What has no type is a form to Rack.
  return (media === '' && methodsInForm(text).length > 0) || isNamedInJson(text);
}

/** Line by line: an expression that looks for both at once would take a minute for a body that is made to delay it. */
function isNamedInParts(text: string): boolean {
  const lines = text.replace(/\r?\n[ \t]/g, ' ').split(/[\r\n]/);
  return lines.some((line) => {
    const at = line.search(/\bname[*=\s]/i);
    return at !== -1 && /[_.[\s]method\b|[%\\]/i.test(line.slice(at));
  });
}

function isNamedInJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.keys(value).some(isMethodField);
  } catch {
    return false;
  }
}

/**
 * Rails, Laravel, Symfony, Spring and Express's method-override look for `_method`. PHP takes a dot, a blank and an opening
 * bracket in a name for an underscore, and leaves out blanks before it and whatever is behind a NUL or a bracket.
 */
function isMethodField(name: string): boolean {
  return /^[\s._[]+method(?:$|[\0\s.[\]])/i.test(name);
}
