import { duration, durationMs } from './duration.ts';

const millis = /^[1-9]\d{0,5}ms$/;

/** A distance of two times: what `duration` admits, or milliseconds. */
export function isDistance(text: string): boolean {
  return millis.test(text) || duration.safeParse(text).success;
}

/** In milliseconds. Only of what `isDistance` admits. */
export function distanceMs(text: string): number {
  return millis.test(text) ? Number.parseInt(text, 10) : durationMs(text);
}
