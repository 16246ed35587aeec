import type { MediaType } from '../media-type.ts';
import { ObjectShapes } from '../json/object-shapes.ts';
import { afterSpace, startOf, TokenTape } from '../json/token-tape.ts';

/** What frameworks say when nobody says anything: PHP's `echo json_encode($rows)` goes out as a page. */
const unsaid: ReadonlySet<string> = new Set([
  '',
  'text/html',
  'text/plain',
  'text/javascript',
  'application/javascript',
]);

const OPENS_OBJECT = 0x7b;
const OPENS_ARRAY = 0x5b;
const tape = new TokenTape(new ObjectShapes());

/** Whether a body is an object or array of JSON (UTF-8) that is called something else. No page begins like one. */
export function isUnsaidJson({ type }: Pick<MediaType, 'type'>, body: Uint8Array): boolean {
  if (!unsaid.has(type)) return false;
  const first = body[afterSpace(body, startOf(body))];
  if (first !== OPENS_OBJECT && first !== OPENS_ARRAY) return false;
  const isJson = tape.read(body);
  tape.clear();
  return isJson;
}
