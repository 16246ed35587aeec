import type { Position } from '../kernel/position.ts';
import type { StreamEvent } from './change.ts';

/** Changes of the legacy database in the order of commits, wherever they are read from. */
export interface ChangeStream extends AsyncDisposable {
  /** What has arrived. */
  readonly received: Position;
  readonly acknowledged: Position;
  /** Bytes of disk that transactions too large for memory take now. */
  readonly spooledBytes: number;
  /** Everything up to here is durably applied, and need not be kept. */
  acknowledge(position: Position): void;
  /** Everything that has arrived, at least one event; undefined at a clean end. Throws when the stream fails. */
  next(): Promise<readonly StreamEvent[] | undefined>;
}
