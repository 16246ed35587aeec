import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A port from an option, 0 for any free one. Throws commander's error for arguments. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535.');
}

/** An http or https URL from an option; `localhost:3000` is read as `http://localhost:3000`. */
export function parseHttpUrl(text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new InvalidArgumentError('a URL such as http://127.0.0.1:3000 is expected.');
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new InvalidArgumentError('the URL must start with http:// or https://.');
  }
  return url;
}

/** A number of processes, 1 to 64. */
export function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^\d+$/.test(text) && workers >= 1 && workers <= 64) return workers;
  throw new InvalidArgumentError('a number of workers is a whole number from 1 to 64.');
}

/** A number of lines, at least one. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d{1,9}$/.test(text) && limit >= 1) return limit;
  throw new InvalidArgumentError('a limit is a whole number, 1 or more.');
}

/** Whole milliseconds, at most a day. */
export function parseMilliseconds(text: string): number {
  const ms = Number(text);
  if (/^\d+$/.test(text) && ms <= 86_400_000) return ms;
  throw new InvalidArgumentError('a time is a whole number of milliseconds, at most a day.');
}
