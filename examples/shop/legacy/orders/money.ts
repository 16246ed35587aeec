/** Hundredths of the currency's unit; exact for the `numeric(12,2)` columns. */
export function toCents(amount: string): number {
  return Math.round(Number(amount) * 100);
}

/** As customers see it: two decimals, or none for yen. */
export function formatMoney(cents: number, currency: string): string {
  return currency === 'JPY' ? String(Math.round(cents / 100)) : (cents / 100).toFixed(2);
}

/** Half away from zero, to the smallest amount that the currency has. */
export function roundTo(cents: number, currency: string): number {
  const smallest = currency === 'JPY' ? 100 : 1;
  return Math.sign(cents) * Math.round(Math.abs(cents) / smallest) * smallest;
}
