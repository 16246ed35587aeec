/**
 * The text of a number from its unscaled value, big-endian two's complement, and its scale: as PostgreSQL prints a numeric
 * of that scale.
 */
export function decimalText(unscaled: Buffer, scale: number): string {
  return placePoint(readSigned(unscaled), scale);
}

function readSigned(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  const magnitude = BigInt(`0x${bytes.toString('hex')}`);
  return bytes[0]! & 0x80 ? magnitude - (1n << BigInt(bytes.length * 8)) : magnitude;
}

function placePoint(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
