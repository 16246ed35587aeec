/** A bit(n) as PostgreSQL prints it, from Debezium's little-endian bytes, which leave out zeros at the high end. */
export function bitsText(bytes: Buffer, length: number): string {
  const big = Buffer.from(bytes.toReversed()).toString('hex');
  const bits = big === '' ? '' : BigInt(`0x${big}`).toString(2);
  return bits.padStart(length, '0').slice(-length);
}
