/** When the server has no limit for our silence, ours for its. */
const DEFAULT_LIMIT_MS = 300_000;

/**
 * What to make of a server that has sent nothing for a while. `fine`: it need not have anything to say. `ask`: it has to
 * answer now. `cut`: it would have, so nothing gets through any more.
 */
export type SilenceVerdict = 'fine' | 'ask' | 'cut';

/** Pure. `limitMs`: `wal_sender_timeout`, within which the server itself expects an answer of us; 0: it never does. */
export function judgeSilence(silentMs: number, limitMs: number): SilenceVerdict {
  const limit = limitMs > 0 ? limitMs : DEFAULT_LIMIT_MS;
  if (silentMs > limit) return 'cut';
  // From half the limit on the server is asked again and again: while it decodes what it does not send, it answers as rarely.
  return silentMs * 2 >= limit ? 'ask' : 'fine';
}
