import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** How long the rest of an upload is read away after its answer is complete, so that the client gets to read the answer. */
const LINGER_MS = 5_000;

/** The client stopped sending before its request was complete. */
export class BrokenUpload extends Error {}

/**
 * The request's body as a stream of its own. undici destroys the body it sends as soon as the answer is complete, and
 * destroying the request itself would tear down the connection on which that answer is still being sent.
 */
export function uploadOf(req: IncomingMessage): Readable {
  const upload = new Readable({
    highWaterMark: 64 * 1024,
    read: () => {
      req.resume();
    },
    destroy: (error, callback) => {
      req.off('data', onData);
      req.off('end', onEnd);
      req.off('close', onClose);
      callback(error);
    },
  });
  const onData = (chunk: Buffer): void => {
    if (!upload.push(chunk)) req.pause();
  };
  const onEnd = (): void => {
    upload.push(null);
  };
  const onClose = (): void => {
    if (!req.readableEnded) upload.destroy(new BrokenUpload('the client broke off its upload'));
  };
  req.on('data', onData);
  req.on('end', onEnd);
  req.on('close', onClose);
  // A broken upload is told by `close`; without a listener its error would be thrown.
  req.on('error', () => undefined);
  // Nobody listens when the stream breaks before undici took it.
  upload.on('error', () => undefined);
  return upload;
}

/** Reads away what is left of an upload whose answer is complete; closes the connection if that takes too long. */
export function discardRest(req: IncomingMessage): void {
  if (req.readableEnded || req.destroyed) return;
  const timer = setTimeout(() => req.socket.destroy(), LINGER_MS);
  timer.unref();
  const stop = (): void => clearTimeout(timer);
  req.once('end', stop);
  req.once('close', stop);
  req.resume();
}
