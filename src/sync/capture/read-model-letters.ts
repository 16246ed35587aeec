/** What is wrong with a read model. */
export interface ReadModelLetters {
  /** Keys whose rows are not what legacy has. */
  readonly parked: readonly string[];
  /** Dead letters, of parked keys and others. */
  readonly count: number;
  /** How often further keys were parked: it tells whether any were since somebody looked. */
  readonly parkings: number;
}

export const noLetters: ReadModelLetters = { parked: [], count: 0, parkings: 0 };
