import type { Position } from '../../kernel/position.ts';

const POSTGRES_EPOCH_MS = 946_684_800_000;

/**
 * The standby status update message ('r'). `received` is reported as written, `acknowledged` as flushed and applied: the
 * server may discard log before `acknowledged` and never sends it again.
 */
export function encodeStandbyStatus(
  received: Position,
  acknowledged: Position,
  nowMs: number,
  asksForAnswer: boolean,
): Buffer {
  const bytes = Buffer.alloc(34);
  bytes.write('r', 0, 'latin1');
  bytes.writeBigUInt64BE(received, 1);
  bytes.writeBigUInt64BE(acknowledged, 9);
  bytes.writeBigUInt64BE(acknowledged, 17);
  bytes.writeBigInt64BE(BigInt(nowMs - POSTGRES_EPOCH_MS) * 1000n, 25);
  bytes.writeUInt8(asksForAnswer ? 1 : 0, 33);
  return bytes;
}
