const whole = new Intl.NumberFormat('en-US');
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const NONE = '-';

export function formatCount(value: number | undefined): string {
  return value === undefined ? NONE : whole.format(value);
}

/** `1 route`, `2,310 routes` */
export function formatPlural(value: number, one: string): string {
  return `${formatCount(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** A share from 0 to 1. Cut, never rounded up: 100 % means all of them. */
export function formatShare(share: number | undefined): string {
  if (share === undefined) return NONE;
  if (share === 0 || share === 1) return `${share * 100} %`;
  const cut = Math.floor(share * 10_000) / 100;
  return cut === 0 ? '< 0.01 %' : `${cut.toFixed(2)} %`;
}

export function formatMs(value: number | undefined): string {
  if (value === undefined) return NONE;
  return value >= 1_000 ? `${oneDigit.format(value / 1_000)} s` : `${oneDigit.format(value)} ms`;
}

export function formatSeconds(value: number | undefined): string {
  if (value === undefined) return NONE;
  return value < 60 ? formatMs(value * 1_000) : formatDuration(value * 1_000);
}

/** `802 messages/s`, below ten with one digit. */
export function formatRate(rate: number | undefined, unit: string): string {
  return rate === undefined
    ? NONE
    : `${formatCount(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate))} ${unit}s/s`;
}

export function formatBytes(value: number | undefined): string {
  if (value === undefined) return NONE;
  let amount = value;
  for (const unit of ['B', 'kB', 'MB']) {
    if (amount < 1_000) return `${oneDigit.format(amount)} ${unit}`;
    amount /= 1_000;
  }
  return `${oneDigit.format(amount)} GB`;
}

/** `40 s`, `3 min`, `2 h 5 min`, `4 d 2 h` */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** What cannot be seen, drives a terminal, turns the text around it about, or is no character (half a pair, U+FFFF). */
const unprintable = /[\p{Cc}\p{Bidi_Control}\p{Cs}\p{Noncharacter_Code_Point}\u00AD\u200B\u2028\u2029\u2060\uFEFF]/gu;

/** A text from an answer, safe to print: what one could not see or should not print becomes an escape, `\x1b`, `\u202e`. */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** `[########------------]` */
export function formatBar(share: number, width: number = 24): string {
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
}
