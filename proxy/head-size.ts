import type { IncomingMessage } from 'node:http';
import type { ProxyLimits } from '../src/config/limits.ts';

/** Whether a head is over the limits: of HTTP/1.1 node's parser counts the bytes, of HTTP/2 nobody does below 64 KiB. */
export function isHeadTooLarge(req: IncomingMessage, { headerLines, headerBytes }: ProxyLimits): boolean {
  const { rawHeaders } = req;
  if (rawHeaders.length > 2 * headerLines) return true;
  if (req.httpVersionMajor < 2) return false;
  let bytes = req.url?.length ?? 0;
  for (const text of rawHeaders) bytes += text.length;
  return bytes > headerBytes;
}
