/** How far a read model is on its way to being read. */
export interface ReadModelProgress {
  readonly state: 'waiting' | 'copying' | 'building' | 'ready' | 'paused' | 'failed';
  /** 0 to 1 */
  readonly progress: number;
  readonly error: string | undefined;
}
