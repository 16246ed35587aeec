// Nothing here does I/O.

/** A transaction that was aborted, as a fetch response tells of it (Kafka protocol, Fetch, aborted_transactions). */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Of a record what tells which transaction it belongs to. */
export interface FetchedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord?: boolean | undefined;
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean } | undefined;
}

/**
 * The records that count. Brokers hand out those of aborted transactions, too; each lasts from its first offset to the mark
 * that aborts it, and one producer has one transaction at a time.
 */
export function withoutAborted<T extends FetchedRecord>(
  records: readonly T[],
  aborted: readonly AbortedTransaction[],
): ReadonlySet<T> {
  if (aborted.length === 0) return new Set(records);
  const ahead = aborted.toSorted((a, b) => Number(BigInt(a.firstOffset) - BigInt(b.firstOffset)));
  const current = new Set<string>();
  const kept = new Set<T>();
  for (const record of records) {
    while (ahead[0] && BigInt(ahead[0].firstOffset) <= BigInt(record.offset)) current.add(ahead.shift()!.producerId);
    const { producerId, inTransaction } = record.batchContext ?? { producerId: '', inTransaction: false };
    if (record.isControlRecord && isAbortMark(record.key)) current.delete(producerId);
    else if (!(inTransaction && current.has(producerId))) kept.add(record);
  }
  return kept;
}

/** Version and kind of a control record; kind 0 aborts. */
function isAbortMark(key: Buffer | null): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
