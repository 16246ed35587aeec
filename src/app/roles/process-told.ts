import { formatPosition, parsePosition, type Position } from '../../kernel/position.ts';
import type { Readiness } from '../control.ts';
import type { ProxyView } from '../serving/proxy-side.ts';
import type { ToldCapture } from './heard-capture.ts';

/** What a process tells the others of itself, as JSON. Believed as it is only between processes of one version of fig. */
export interface ProcessTold {
  readonly readiness: Readiness;
  /** Of a proxy. */
  readonly view?: ProxyView | undefined;
  /** Of a process that captures, or would. */
  readonly capture?: WrittenCapture | undefined;
  /** How the last reload went that all were told to do. */
  readonly reload?: { readonly order: number; readonly error: string | undefined } | undefined;
}

type Written<T> = T extends Position ? string : T;
/** With positions as text, because JSON has no numbers of that size. */
export type WrittenCapture = { readonly [Key in keyof ToldCapture]: Written<ToldCapture[Key]> };

export function writeCapture({ received, applied, acknowledged, ...rest }: ToldCapture): WrittenCapture {
  return { ...rest, received: text(received), applied: text(applied), acknowledged: text(acknowledged) };
}

export function readCapture({ received, applied, acknowledged, ...rest }: WrittenCapture): ToldCapture {
  return {
    ...rest,
    lag: rest.lag,
    error: rest.error,
    failure: rest.failure,
    received: position(received),
    applied: position(applied),
    acknowledged: position(acknowledged),
  };
}

function text(at: Position | undefined): string | undefined {
  return at === undefined ? undefined : formatPosition(at);
}

function position(written: string | undefined): Position | undefined {
  return written === undefined ? undefined : parsePosition(written);
}
