import type { Redactor } from '../redact.ts';

const credentials = /^(?:cookie|authorization|proxy-authorization|www-authenticate|authentication-info|x-csrf-token)$/i;
const addresses = /^(?:location|content-location|link|refresh)$/i;

/** The value of a header as it may be stored: of cookies the names and attributes, of credentials nothing, of addresses no secret. */
export function displayHeader(name: string, value: string, redactor: Redactor): string {
  if (name.toLowerCase() === 'set-cookie') {
    return value.replaceAll(/(^|\n)([^=;,\s]+)=([^;\n]*)/g, (_, before: string, cookie: string, content: string) =>
      content === '' ? `${before}${cookie}=` : `${before}${cookie}=${redactor.hash(content)}`,
    );
  }
  if (credentials.test(name) || redactor.isSecretField(name)) return redactor.hash(value);
  return addresses.test(name) ? redactor.target(value) : value;
}
