import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

// Nothing here does I/O.

const root = fileURLToPath(new URL('../../../', import.meta.url));
const own = ['src', 'proxy', 'shadow', 'migrations'].map((folder) => `${root}${folder}${sep}`);

/**
 * `orders.ts:12:5`: where in somebody's own code an error was made; undefined: nowhere that is known. The text of the error,
 * which stands before the frames and may look like one, is passed over.
 */
export function placeOf({ stack = '', message }: Error): string | undefined {
  const at = message === '' ? 0 : stack.indexOf(message);
  // A text that is not the one the frames were written with could be anywhere among them.
  if (at < 0) return undefined;
  for (const line of stack.slice(at + message.length).split('\n')) {
    const place = ownCode(line);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** Names of functions are left out: a computed one is data. */
function ownCode(line: string): string | undefined {
  const frame = /^\s+at (?:.* \((.+)\)|(?:async )?(.+))$/.exec(line);
  const location = /^(.+?)(?:\?[^:]*)?:(\d+):(\d+)$/.exec(frame?.[1] ?? frame?.[2] ?? '');
  if (!location) return undefined;
  const [, file = '', row, column] = location;
  const path = pathOf(file);
  if (path === undefined || /[\\/]node_modules[\\/]/.test(path)) return undefined;
  if (own.some((folder) => path.startsWith(folder))) return undefined;
  const near = relative(process.cwd(), path);
  return `${near.startsWith('..') || isAbsolute(near) ? path : near}:${row}:${column}`;
}

function pathOf(file: string): string | undefined {
  // Of code that was made by eval, which says where in quite another way.
  if (file.includes('<')) return undefined;
  if (isAbsolute(file)) return file;
  if (!file.startsWith('file://')) return undefined;
  try {
    return fileURLToPath(file);
  } catch {
    return undefined;
  }
}
