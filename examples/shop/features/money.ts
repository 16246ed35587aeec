// Amounts as whole numbers of hundredths; numeric(12,2) columns arrive as text such as `-12.30`.

/** `12.3` to 1230n. */
export function decimalToMinor(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const minor = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return decimal.startsWith('-') ? -minor : minor;
}

/** 1230n to `12.30`. */
export function minorToDecimal(minor: bigint): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(3, '0');
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `value / divisor` to the nearest whole number, halves up; neither is negative. */
export function roundHalfUp(value: bigint, divisor: bigint): bigint {
  return (2n * value + divisor) / (2n * divisor);
}

/** As the API shows amounts: two decimals, or none for yen. */
export function formatMoney(decimal: string, currency: string): string {
  return currency === 'JPY' ? decimal.replace(/\.\d+$/, '') : minorToDecimal(decimalToMinor(decimal));
}
