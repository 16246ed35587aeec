import type { IncomingMessage } from 'node:http';
import type { Gone } from '../gone.ts';
import type { WatchedUpload } from '../upload-watch.ts';
import { GatheredChunks } from './gathered-chunks.ts';

/** What was read of a body before it was known who gets it. */
export interface BodyAhead {
  /** Whoever sends them takes them out. */
  readonly chunks: Buffer[];
  /** The body has ended; else the request is paused and the rest is still to be read. */
  readonly isWhole: boolean;
}

export interface SentAhead extends BodyAhead {
  /** To be called when the upstream has taken the chunks of a body that goes on. */
  readonly release: () => void;
}

export type ReadAheadEnd =
  | 'whole'
  /** It is larger than what may be held. */
  | 'too-large'
  /** It did not arrive within the time. */
  | 'too-slow'
  /** It broke a limit of uploads. */
  | 'broken'
  /** The client left. */
  | 'gone';

export interface ReadAheadJob {
  readonly req: IncomingMessage;
  readonly gone: Gone;
  readonly upload: WatchedUpload;
  readonly limitBytes: number;
  readonly timeoutMs: number;
  /** Whether so many bytes more may be held. */
  readonly hold: (bytes: number) => boolean;
}

/**
 * Reads a body until it ends or there is a reason not to wait for more of it. Then the request is as if nobody had listened to
 * it, but paused. Never rejects.
 */
export function readAhead(job: ReadAheadJob): Promise<BodyAhead & { readonly end: ReadAheadEnd }> {
  const { req, gone, upload, limitBytes, timeoutMs, hold } = job;
  return new Promise((resolve) => {
    const chunks = new GatheredChunks();
    let bytes = 0;
    const settle = (end: ReadAheadEnd): void => {
      clearTimeout(timer);
      req.off('data', onData);
      req.off('end', onEnd);
      gone.off(onGone);
      upload.broken.off(onBroken);
      if (end !== 'whole') req.pause();
      resolve({ chunks: chunks.take(), isWhole: end === 'whole', end });
    };
    const onData = (chunk: Buffer): void => {
      chunks.add(chunk);
      bytes += chunk.byteLength;
      upload.count(chunk);
      if (upload.fault !== undefined) return;
      if (bytes > limitBytes || !hold(chunk.byteLength)) settle('too-large');
    };
    const onEnd = (): void => settle('whole');
    const onGone = (): void => settle('gone');
    const onBroken = (): void => settle('broken');
    const timer = setTimeout(() => settle('too-slow'), timeoutMs);
    timer.unref();
    gone.onAbort(onGone);
    upload.broken.onAbort(onBroken);
    req.on('end', onEnd);
    // A broken upload is told by `gone`; without a listener its error could be thrown.
    req.on('error', () => undefined);
    req.on('data', onData);
  });
}
