import { headerValues, type HttpAnswer } from '../src/kernel/exchange.ts';

export type BodyKind = 'json' | 'form' | 'multipart' | 'html' | 'xml' | 'csv' | 'text' | 'binary';

export interface MediaType {
  /** In lower case, without parameters; empty where the answer names none. */
  readonly type: string;
  /** In lower case. */
  readonly charset: string | undefined;
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly kind: BodyKind;
}

/** What has been read before: an app has a handful of them. */
const known = new Map<string, MediaType>();
const MAX_KNOWN = 100;

export function mediaTypeOf(answer: HttpAnswer): MediaType {
  const text = headerValues(answer.headers, 'content-type').at(-1) ?? '';
  let type = known.get(text);
  if (type === undefined) {
    // Those of multipart bodies are made up anew for each.
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, (type = readMediaType(text)));
  }
  return type;
}

function readMediaType(text: string): MediaType {
  const [type, parameters] = readParameters(text);
  const charset = parameters.get('charset')?.toLowerCase();
  return { type, charset: charset === 'utf8' ? 'utf-8' : charset, parameters, kind: kindOf(type) };
}

const parameterGrammar = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/gu;

/** The value in lower case and its parameters, the first of each name (RFC 9110 section 5.6.6): `text/csv; header=present`. */
export function readParameters(text: string): [value: string, parameters: Map<string, string>] {
  const semicolon = text.indexOf(';');
  const value = semicolon < 0 ? text : text.slice(0, semicolon);
  const parameters = new Map<string, string>();
  if (semicolon >= 0) {
    for (const [, name = '', quoted, plain] of text.slice(semicolon).matchAll(parameterGrammar)) {
      const said = quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\(.)/gu, '$1');
      if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), said);
    }
  }
  return [value.trim().toLowerCase(), parameters];
}

function kindOf(type: string): BodyKind {
  if (/^(application|text)\/json$|^[^/]+\/[^/]+\+json$/.test(type)) return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type.startsWith('multipart/')) return 'multipart';
  if (type === 'text/html') return 'html';
  if (/^(application|text)\/xml$|\+xml$/.test(type)) return 'xml';
  if (type === 'text/csv' || type === 'application/csv' || type === 'text/tab-separated-values') return 'csv';
  if (/^text\/|^application\/(javascript|(x-)?(ndjson|yaml))$/.test(type)) return 'text';
  return 'binary';
}

/** The form in which two of them are compared: JSON is UTF-8 whether it says so or not, and a boundary means nothing. */
export function describeMediaType({ type, charset, kind }: MediaType): string {
  const isImplied = charset === undefined || (kind === 'json' && charset === 'utf-8');
  return isImplied ? type : `${type}; charset=${charset}`;
}
