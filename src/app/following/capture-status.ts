/** Where and how far capture is. */
export interface CaptureStatus {
  readonly state: 'starting' | 'streaming' | 'reconnecting' | 'stopped';
  /** Log positions, as PostgreSQL prints them. */
  readonly received: string | undefined;
  readonly applied: string | undefined;
  readonly acknowledged: string | undefined;
  /** Bytes of log between the source and what is applied. */
  readonly lagBytes: number | undefined;
  /** Seconds since the read models last stood level with the source. */
  readonly lagSeconds: number | undefined;
  readonly error: string | undefined;
}
