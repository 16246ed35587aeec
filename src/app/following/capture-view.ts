import type { Capture } from '../../sync/capture/capture.ts';
import type { SimpleReadModels } from './simple-read-models.ts';

/** Capture as those see it who do not run it; it may be in another process. */
export type CaptureView = Pick<
  Capture,
  | 'readModels'
  | 'failure'
  | 'applied'
  | 'progressOf'
  | 'lettersOf'
  | 'lagSecondsOf'
  | 'heldFor'
  | 'status'
  | 'reconcile'
>;

/** Where and how far capture is. */
export type CaptureFigures = ReturnType<Capture['status']>;

/** Read models that are not captured, as those see them who do not keep them. */
export type SimpleView = Pick<SimpleReadModels, 'of'>;
