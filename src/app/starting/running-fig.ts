import type { FigControl } from '../control.ts';

/** One step of the start-up. `done` of `total` are given while something countable is under way (rows, chunks). */
export interface ProgressEvent {
  readonly step: string;
  readonly state: 'started' | 'progress' | 'done';
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  /** A few words, e.g. `20,000 orders`. */
  readonly detail?: string | undefined;
}

/** Starts the admin server for a control; the front ends bring it, because the app must not know them. */
export type StartAdmin = (
  control: FigControl,
  port: number,
) => Promise<{ readonly url: string; stop(): Promise<void> }>;

/** A fig that serves. `stop` ends everything in order, the admin server included, and may be called twice. */
export interface RunningFig {
  readonly control: FigControl;
  readonly addresses: { readonly proxy: string; readonly legacy: string; readonly admin: string };
  stop(): Promise<void>;
}
