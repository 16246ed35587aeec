/** What a snapshot of the legacy database sees, as `pg_current_snapshot()` prints it: `xmin:xmax:xip,...`. */
export interface SourceSnapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** Transactions that had begun and were invisible to it; between xmin and xmax. */
  readonly running: ReadonlySet<bigint>;
}

export function parseSnapshot(text: string): SourceSnapshot {
  const [xmin, xmax, running = ''] = text.split(':');
  return {
    xmin: BigInt(xmin!),
    xmax: BigInt(xmax!),
    running: new Set(running === '' ? [] : running.split(',').map(BigInt)),
  };
}

/** The stream tells the low 32 bits of a transaction's id. Of all ids with these, the one next to the snapshot is meant. */
export function widenXid(xid: number, snapshot: SourceSnapshot): bigint {
  const near = (snapshot.xmax & ~0xffff_ffffn) | BigInt(xid);
  if (near > snapshot.xmax + 0x8000_0000n) return near - 0x1_0000_0000n;
  if (near + 0x8000_0000n < snapshot.xmax) return near + 0x1_0000_0000n;
  return near;
}

/** Whether a committed transaction is part of what the snapshot sees. */
export function isVisible(xid: number, snapshot: SourceSnapshot): boolean {
  const full = widenXid(xid, snapshot);
  return full < snapshot.xmax && !snapshot.running.has(full);
}
