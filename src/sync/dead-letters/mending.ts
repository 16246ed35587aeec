/** What came of looking after the dead letters. */
export type Mending =
  /** Nothing was due. */
  | 'rested'
  /** One letter was tried again, with or without success. */
  | 'tried'
  /** What kept the read model out of use is gone: it is built again from the mirror. */
  | 'lifted'
  /** Somebody asked to try again what only copying from legacy can mend. */
  | 'copy-again';
