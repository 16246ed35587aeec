import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, SourceTransaction } from '../../../src/sync/change.ts';
import { DeliveredXids } from '../../../src/sync/delivered-xids.ts';
import { isVisible, parseSnapshot, widenXid } from '../../../src/sync/postgres/source-snapshot.ts';
import { messagePrefix } from '../../../src/sync/postgres/source-position.ts';
import { MarkedWindow } from '../../../src/sync/reconcile/marked-window.ts';

const table = 'public.orders';

class Stream {
  readonly delivered = new DeliveredXids();
  readonly high: bigint[] = [];
  readonly window = new MarkedWindow({
    id: 'x',
    table,
    key: ['id'],
    delivered: this.delivered,
    atHigh: async (position) => void this.high.push(position),
  });
  #position = 100n;

  async deliver(xid: number, changes: readonly Change[], message?: string): Promise<void> {
    this.#position += 10n;
    const messages = message === undefined ? [] : [{ prefix: messagePrefix, content: message }];
    const at = { endPosition: this.#position, committedAtMs: 0 };
    const transaction: SourceTransaction = { xid, ...at, changes, messages, relations: [] };
    await this.window.onTransaction(transaction);
    this.delivered.add(xid);
  }
}

const update = (id: string, from?: string): Change => ({
  kind: 'update',
  table,
  oldKey: from === undefined ? undefined : { id: from },
  row: { id, note: 'x' },
});

describe('what the mirror has at HIGH and a snapshot does not see', () => {
  it('are the keys of transactions between the markers that it does not see, old keys and new ones', async () => {
    const stream = new Stream();
    await stream.deliver(10, [update('1')]);
    await stream.deliver(11, [], 'low x');
    await stream.deliver(12, [update('2')]);
    await stream.deliver(13, [update('3', '4'), { kind: 'delete', table, oldKey: { id: '5' } }]);
    await stream.deliver(14, [{ kind: 'insert', table: 'public.items', row: { id: '6' } }]);
    await stream.deliver(15, [], 'high x');
    await stream.deliver(16, [update('7')]);
    expect(await stream.window.closed).toBe(160n);
    expect(stream.high).toEqual([160n]);
    // It saw 12, which had committed; 13 was running.
    const snapshot = parseSnapshot('13:14:13');
    expect(stream.window.isTorn(snapshot)).toBe(false);
    expect([...stream.window.keysUnseenBy(snapshot)!]).toEqual(['4', '3', '5']);
  });

  it('cannot be told when a transaction was delivered before LOW that the snapshot still saw running', async () => {
    // A commit that waits for a standby is in the log, and delivered, long before snapshots see it.
    const stream = new Stream();
    await stream.deliver(10, [update('1')]);
    await stream.deliver(11, [], 'low x');
    await stream.deliver(12, [], 'high x');
    expect(stream.window.isTorn(parseSnapshot('10:12:10'))).toBe(true);
    expect(stream.window.isTorn(parseSnapshot('9:12:9'))).toBe(false);
  });

  it('cannot be told after a truncate, unless the snapshot saw it', async () => {
    const stream = new Stream();
    await stream.deliver(11, [], 'low x');
    await stream.deliver(12, [{ kind: 'truncate', tables: ['public.items', table] }]);
    await stream.deliver(13, [], 'high x');
    expect(stream.window.keysUnseenBy(parseSnapshot('12:12:'))).toBeUndefined();
    expect(stream.window.keysUnseenBy(parseSnapshot('13:13:'))).toEqual(new Set());
  });

  it('is forgotten, and said so, when it is too much to remember', async () => {
    const stream = new Stream();
    await stream.deliver(11, [], 'low x');
    const many = Array.from({ length: 200_001 }, (_, i) => update(String(i)));
    await stream.deliver(12, many);
    await stream.deliver(13, [update('1')]);
    await stream.deliver(14, [], 'high x');
    expect(stream.window.keysUnseenBy(parseSnapshot('12:12:'))).toBeUndefined();
    expect(stream.window.keysUnseenBy(parseSnapshot('14:14:'))).toEqual(new Set());
  });

  it('a failure at HIGH is the reader’s and does not reach the stream', async () => {
    const delivered = new DeliveredXids();
    const window = new MarkedWindow({
      id: 'x',
      table,
      key: ['id'],
      delivered,
      atHigh: () => Promise.reject(new Error('no connection')),
    });
    for (const content of ['low x', 'high x']) {
      const messages = [{ prefix: messagePrefix, content }];
      await window.onTransaction({ xid: 1, endPosition: 1n, committedAtMs: 0, changes: [], messages, relations: [] });
    }
    await expect(window.closed).rejects.toThrow('no connection');
  });
});

describe('a transaction that is too large to be looked at', () => {
  it('leaves nothing to be told of the keys that a snapshot without it does not see', async () => {
    const stream = new Stream();
    await stream.deliver(1, [], 'low x');
    stream.window.onLarge({
      xid: 7,
      endPosition: 200n,
      committedAtMs: 0,
      pieces: () => {
        throw new Error('it is not read');
      },
      release: async () => undefined,
    });
    await stream.deliver(9, [], 'high x');
    expect(stream.window.keysUnseenBy(parseSnapshot('7:10:7'))).toBeUndefined();
    expect(stream.window.keysUnseenBy(parseSnapshot('8:10:'))).toEqual(new Set());
  });
});

describe('the ids of the stream, which have 32 of 64 bits', () => {
  it('are the ones next to the snapshot, also where the low bits have begun anew', () => {
    const near = fc.tuple(
      fc.bigInt({ min: 2n ** 32n, max: 2n ** 50n }),
      fc.bigInt({ min: -(2n ** 31n) + 1n, max: 2n ** 31n - 1n }),
    );
    fc.assert(
      fc.property(near, ([xmax, distance]) => {
        const snapshot = parseSnapshot(`${xmax - 5n}:${xmax}:`);
        const full = xmax + distance;
        expect(widenXid(Number(full & 0xffff_ffffn), snapshot)).toBe(full);
        expect(isVisible(Number(full & 0xffff_ffffn), snapshot)).toBe(full < xmax);
      }),
    );
  });
});
