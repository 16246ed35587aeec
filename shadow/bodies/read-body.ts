import type { ReadableAnswer } from '../comparable-answer.ts';
import type { BodyTree } from './body-tree.ts';
import { readCsv } from './csv.ts';
import { readForm } from './form.ts';
import { readHtml } from './html.ts';
import { readMultipart } from './multipart.ts';
import { readXml } from './xml.ts';

/**
 * The tree of a body that is not JSON. Undefined where its type has none, or where it cannot be read as what it claims to
 * be: then it is compared as text, or byte by byte. `isColumn`: whether a text is known for the name of a column.
 */
export function readBody(
  { kind, type, body, text }: ReadableAnswer,
  isColumn: (name: string) => boolean,
): BodyTree | undefined {
  if (kind === 'multipart') return readMultipart(body, type.type, type.parameters.get('boundary'));
  if (text === undefined) return undefined;
  if (kind === 'form') return readForm(text);
  if (kind === 'html') return readHtml(text);
  if (kind === 'xml') return readXml(text);
  if (kind !== 'csv') return undefined;
  const header = type.parameters.get('header')?.toLowerCase();
  return readCsv(text, type.type, header === 'present' || header === 'absent' ? header : undefined, isColumn);
}

/** Whether the tree is made of elements, whose children have an order across their names. */
export function isOfElements({ kind }: Pick<ReadableAnswer, 'kind'>): boolean {
  return kind === 'html' || kind === 'xml';
}
