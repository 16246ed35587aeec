import type { ProjectionState } from '../../store/projection-store.ts';
import { type Attempts, CarefulAttempts } from './attempts.ts';
import type { LetterBook } from './letter-book.ts';

/**
 * Whether mirrors may lack rows that updates expect: they are being copied, or refused a row and are copied anew, when
 * somebody asks for it, before anything is read from them again. Else a missing row is a fault, and copying begins anew at once.
 */
export function mayMiss(
  state: ProjectionState,
  letters: Pick<LetterBook, 'isMirrorWrong'>,
  attempts: Attempts,
): boolean {
  if (state === 'copying' || (state === 'paused' && letters.isMirrorWrong)) return true;
  // The rest of a transaction in which a row was refused; that it is paused is noted with its end.
  return attempts instanceof CarefulAttempts && attempts.isMirrorWrong;
}
