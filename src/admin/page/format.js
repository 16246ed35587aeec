const whole = new Intl.NumberFormat('en-US');
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const NONE = '–';

export const count = (value) => (value === undefined ? NONE : whole.format(value));

/** A share from 0 to 1. Never rounded up to 100 %: a single mismatch in a million must stay visible. */
export function percent(share) {
  if (share === undefined) return NONE;
  if (share === 1 || share === 0) return `${share * 100} %`;
  const cut = Math.floor(share * 10_000) / 100;
  return cut === 0 ? '< 0.01 %' : `${cut.toFixed(2)} %`;
}

export function milliseconds(value) {
  if (value === undefined) return NONE;
  if (value >= 1_000) return `${oneDigit.format(value / 1000)} s`;
  if (value >= 100) return `${whole.format(Math.round(value))} ms`;
  return `${oneDigit.format(value)} ms`;
}

export function seconds(value) {
  if (value === undefined) return NONE;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${oneDigit.format(value)} s`;
  return duration(value * 1000);
}

export function bytes(value) {
  if (value === undefined) return NONE;
  const units = ['B', 'kB', 'MB', 'GB'];
  let amount = value;
  let unit = 0;
  for (; amount >= 1000 && unit < units.length - 1; unit += 1) amount /= 1000;
  return `${oneDigit.format(amount)} ${units[unit]}`;
}

/** `3 min`, `2 h 5 min`, `4 d 2 h` */
export function duration(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function ago(iso, now = Date.now()) {
  const passed = now - Date.parse(iso);
  return passed < 2_000 ? 'just now' : `${duration(passed)} ago`;
}

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
