/** Whether the legacy server is to keep its log for a read model that has failed. */
export type HoldVerdict =
  | 'hold'
  /** It is more log than was allowed. */
  | 'too-much'
  /** The server is about to give up the slot, and with it all read models. */
  | 'log-gets-short';

export interface Hold {
  /** Log from where the read model stands to where the stream is. */
  readonly heldBytes: bigint;
  readonly mostBytes: bigint;
  /** What the server may write until it gives up the slot; undefined: it never does, or that is not known. */
  readonly safeBytes: bigint | undefined;
}

/** Pure. With less left than a third of what is kept, three quarters of what the server allows are used up. */
export function judgeHold({ heldBytes, mostBytes, safeBytes }: Hold): HoldVerdict {
  if (heldBytes > mostBytes) return 'too-much';
  return safeBytes !== undefined && safeBytes * 3n < heldBytes ? 'log-gets-short' : 'hold';
}
