// Nothing here does I/O: how the path of a target reads is decided by its bytes alone.

/** How the path of a request reads. */
export interface PathReading {
  /** The target up to its query, exactly as received and as forwarded. */
  readonly path: string;
  /** What the path becomes for the most eager of readers: decoded, without detours. Reading it again changes nothing. */
  readonly normal: string;
  /**
   * Whether every reader understands the same: apart from escapes of delimiters that mean nothing in a path, the path is
   * its own normal form. Only then may a route be matched against it.
   */
  readonly isClear: boolean;
}

const slash = 0x2f;
const backslash = 0x5c;
const dot = 0x2e;
const percent = 0x25;
const question = 0x3f;
const hash = 0x23;
const semicolon = 0x3b;

/** Characters that stand for themselves in a path (RFC 3986 section 3.3), without the semicolon and without slash and dot. */
const ordinary = tableOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,=:@");
/** Delimiters that have no meaning of their own in a path, so `%40` and `@` name the same thing to everyone. */
const benignEscape = /%(?:21|24|26|27|28|29|2A|2B|2C|3A|3D|40)/g;
const controlEscape = /%(?:[01][0-9A-F]|7F)/;

/** Reads the path of a target in one pass; nearly every path ends there. Absolute targets are read behind their authority. */
export function readPath(target: string): PathReading {
  const length = target.length;
  let before = 0;
  for (let i = 0; i < length; i += 1) {
    const code = target.charCodeAt(i);
    if (code < 128 && ordinary[code] === 1) before = code;
    else if (code === slash && before !== slash) before = code;
    else if (code === dot && before !== slash && i > 0) before = code;
    else if (code === question && i > 0) return clear(target.slice(0, i));
    else return readSlowly(target);
    if (i === 0 && code !== slash) return readSlowly(target);
  }
  return length > 0 ? clear(target) : readSlowly(target);
}

/** The target without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/**
 * What makes a path unfit where only paths are let through that every server reads alike: encoded slashes, backslashes,
 * control characters, dot segments in any disguise, encoded `?` and `#`, and double encodings of all these.
 */
export function strictFault(target: string): string | undefined {
  const { path, isClear } = readPath(target);
  if (isClear) return undefined;
  // Decoded, it could end sooner, and what was behind it would belong to the path.
  if (authorityOf(path).includes('%')) return 'the host holds an escape';
  const { bytes, escaped } = decode(pathInside(path));
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    if (byte < 0x20 || byte === 0x7f) return 'the path holds a control character';
    if (byte === backslash) return 'the path holds a backslash';
    if (byte === hash && escaped[i] === 0) return 'the path holds a fragment';
    if (escaped[i] === 1 && byte === slash) return 'the path holds an encoded slash';
    if (escaped[i] === 1 && (byte === question || byte === hash)) return 'the path holds an encoded ? or #';
  }
  const hasDots = segmentsOf(bytes).some((segment) => isDots(segment));
  return hasDots ? 'the path holds a dot segment' : undefined;
}

function clear(path: string): PathReading {
  return { path, normal: path, isClear: true };
}

function readSlowly(target: string): PathReading {
  const path = pathOf(target);
  const normal = normalPath(path);
  const isClear = path.replace(benignEscape, unescaped) === normal && !controlEscape.test(normal) && isUtf8(normal);
  return { path, normal, isClear };
}

/**
 * Escapes are undone until none is left, backslashes are slashes, matrix parameters and whatever follows `?` or `#` are cut,
 * empty and dot segments are resolved; what cannot stand in a path is escaped again, in upper case. The slash at the end
 * stays, since to some it names another thing.
 */
function normalPath(path: string): string {
  const kept: (readonly number[])[] = [];
  const segments = segmentsOf(decode(pathInside(path)).bytes);
  const last = segments.at(-1);
  for (const segment of segments) {
    if (segment.length === 0) continue;
    if (!isDots(segment)) kept.push(segment);
    else if (segment.length === 2) kept.pop();
  }
  const isFolder = last === undefined || last.length === 0 || isDots(last);
  const text = kept.map((segment) => `/${segment.map(written).join('')}`).join('');
  return text === '' ? '/' : isFolder ? `${text}/` : text;
}

/** The path of an absolute target; of any other, the target itself. */
function pathInside(path: string): string {
  return path.slice(authorityOf(path).length);
}

/** What an absolute target begins with, up to its path. */
function authorityOf(path: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\\?#]*/i.exec(path)?.[0] ?? '';
}

/** Splits at slashes and backslashes, up to the first `?` or `#`, and leaves out matrix parameters. */
function segmentsOf(bytes: readonly number[]): number[][] {
  const segments: number[][] = [];
  let current: number[] = [];
  let isParameter = false;
  for (const byte of bytes) {
    if (byte === question || byte === hash) break;
    if (byte === slash || byte === backslash) {
      segments.push(current);
      current = [];
      isParameter = false;
    } else if (byte === semicolon) isParameter = true;
    else if (!isParameter) current.push(byte);
  }
  segments.push(current);
  return segments;
}

/** Undoes escapes until there are none, in one pass: an escape may become whole only through one that was undone. */
function decode(path: string): { readonly bytes: readonly number[]; readonly escaped: readonly number[] } {
  const bytes: number[] = [];
  const escaped: number[] = [];
  for (const byte of Buffer.from(path, 'latin1')) {
    bytes.push(byte);
    escaped.push(0);
    for (let end = bytes.length; end >= 3; end = bytes.length) {
      if (bytes[end - 3] !== percent) break;
      const high = hexDigit(bytes[end - 2]!);
      const low = hexDigit(bytes[end - 1]!);
      if (high === -1 || low === -1) break;
      bytes.length = end - 3;
      escaped.length = end - 3;
      bytes.push(high * 16 + low);
      escaped.push(1);
    }
  }
  return { bytes, escaped };
}

function isDots(segment: readonly number[]): boolean {
  return segment.length > 0 && segment.length <= 2 && segment.every((byte) => byte === dot);
}

function written(byte: number): string {
  const stands = byte === dot || (byte < 128 && ordinary[byte] === 1);
  return stands ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function unescaped(escape: string): string {
  return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
}

/** A path in the letters of an old code page is forwarded, but what it names is anybody's guess. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
